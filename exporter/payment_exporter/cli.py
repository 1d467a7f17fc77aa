"""The command ``payment-exporter``."""

from __future__ import annotations

import os
import platform
import sys
import threading
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector

from payment_catalog.durations import format_duration
from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics.operation import BUILD_INFO
from payment_catalog.exposition import gauge
from payment_catalog.loading import load_file
from payment_catalog.settings.scraping import Scraping
from payment_exporter.configuration import Configuration
from payment_exporter.endpoints import Endpoints
from payment_exporter.equipment import equip
from payment_exporter.exporter import Exporter
from payment_exporter.flags import PROGRAM, configured, parser
from payment_exporter.logs import log_to_stderr
from payment_exporter.web.configuration import load_web_configuration
from payment_exporter.web.server import WebServer
from payment_exporter.web.tls import server_context

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

USAGE = 2


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    flags = parser().parse_args()
    log_to_stderr(flags.log_level)
    try:
        exporter = make_exporter(flags)
        if flags.config_check:
            check_web(flags.web_config_file)
            warn_of_long_timeouts(exporter.configuration)
            sys.stdout.write(f"fine; collectors: {', '.join(exporter.collectors)}\n")
            return
        server = make_server(exporter, flags)
    except ForeseenError as error:
        sys.exit(_fail(str(error)))
    except OSError as error:
        sys.exit(_fail(f"{':'.join(map(str, flags.listen_address))}: {error.strerror or error}"))
    server.run()
    exporter.close()


def make_exporter(flags: argparse.Namespace) -> Exporter:
    """Return the exporter that the flags describe; raises ForeseenError."""

    def load() -> Configuration:
        found = load_file(flags.config_file, Configuration) if flags.config_file else Configuration()
        return configured(found, flags)

    return Exporter(load, lambda configuration: equip(configuration, os.environ))


def make_server(exporter: Exporter, flags: argparse.Namespace) -> WebServer:
    """Return the server, which listens already; raises OSError and ForeseenError."""
    endpoints = Endpoints(
        exporter,
        own_metrics(),
        telemetry_path=flags.telemetry_path,
        max_requests=flags.max_requests,
        offset=flags.timeout_offset.total_seconds(),
    )
    return WebServer(
        endpoints.application(_version()),
        flags.listen_address,
        flags.web_config_file,
        on_hangup=lambda: _reload_beside(exporter),
    )


def check_web(file: Path | None) -> None:
    """Raise ForeseenError when the web configuration file, or a certificate that it names, cannot be used."""
    tls = load_web_configuration(file).tls_server_config if file else None
    if tls:
        server_context(tls)


def warn_of_long_timeouts(configuration: Configuration) -> None:
    """Say which collectors have more time than the scrapes of the generated Prometheus configuration."""
    limit = Scraping().timeout
    for name in configuration.longer_than(limit):
        sys.stderr.write(
            f"{PROGRAM}: collectors.{name}: warning: the time-out of {configuration.timeout_of(name):g}s is above "
            f"{format_duration(limit)}, the scrape_timeout of the bundle; each scrape cuts it short\n"
        )


def own_metrics() -> CollectorRegistry:
    """Return what the process says of itself."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    gauge(BUILD_INFO, registry).labels(_version(), platform.python_version()).set(1)
    return registry


def _reload_beside(exporter: Exporter) -> None:
    def reload() -> None:
        with suppress(ForeseenError):  # it is in the log and in a metric
            exporter.reload()

    threading.Thread(target=reload, name="reload", daemon=True).start()


def _version() -> str:
    return version("payment-observability")


def _fail(message: str) -> int:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
    return USAGE
