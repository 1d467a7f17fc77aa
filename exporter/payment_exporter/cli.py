"""The command ``payment-exporter``, with the flags that Prometheus' exporters have."""

from __future__ import annotations

import argparse
import logging
import platform
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from pydantic import ValidationError

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.exporter_metrics import EXPORTER_BUILD_INFO
from payment_catalog.exposition import gauge
from payment_catalog.settings import Backups
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.backup import BackupCollector
from payment_exporter.business import BusinessCollector
from payment_exporter.collector import Scrape
from payment_exporter.connection import connect
from payment_exporter.database import DatabaseCollector
from payment_exporter.host import HostCollector
from payment_exporter.logs import log_to_stderr
from payment_exporter.server import ExporterServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from payment_exporter.collector import Collector

USAGE = 2
_LEVELS = ("debug", "info", "warning", "error")

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    options = parser().parse_args()
    log_to_stderr(options.log_level)
    try:
        registry = build_registry(options)
        server = ExporterServer(options.listen_address, registry, options.telemetry_path)
    except ValidationError as error:
        first = error.errors()[0]
        sys.exit(_fail(f"DB_{first['loc'][0]}".upper() + f": {first['msg']}"))
    except OSError as error:
        sys.exit(_fail(f"{':'.join(map(str, options.listen_address))}: {error.strerror or error}"))
    _serve(server)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    arguments = argparse.ArgumentParser(
        prog="payment-exporter",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description="Publishes business, database, host and backup figures. The database is named by DB_* as for the "
        "payment service.",
    )
    arguments.add_argument(
        "--web.listen-address",
        dest="listen_address",
        type=_address,
        default="127.0.0.1:9877",
        metavar="HOST:PORT",
        help="where to listen; no host means every IPv4 address, [::] every address",
    )
    arguments.add_argument(
        "--web.telemetry-path",
        dest="telemetry_path",
        type=_path,
        default="/metrics",
        metavar="PATH",
        help="where the metrics are",
    )
    for collector in ExporterCollector:
        target = f"collector_{collector}"
        arguments.add_argument(
            f"--collector.{collector}", dest=target, action="store_true", default=True, help=f"measure {collector}"
        )
        arguments.add_argument(f"--no-collector.{collector}", dest=target, action="store_false", help="do not")
    arguments.add_argument(
        "--collector.timeout",
        dest="timeout",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="after which a scrape answers without a collector; below Prometheus' scrape_timeout",
    )
    arguments.add_argument(
        "--collector.host.mountpoint",
        dest="mountpoints",
        type=Path,
        action="append",
        metavar="PATH",
        help="file system to watch, may be repeated; / unless given",
    )
    arguments.add_argument(
        "--collector.backup.directory",
        dest="backup_directory",
        type=Path,
        default=Path(Backups().directory),
        metavar="PATH",
        help="where the backups are",
    )
    arguments.add_argument(
        "--log.level", dest="log_level", choices=_LEVELS, default="info", help="least level that is logged"
    )
    arguments.add_argument(
        "--version", action="version", version=f"payment-exporter {version('payment-observability')}"
    )
    return arguments


def build_registry(options: argparse.Namespace) -> CollectorRegistry:
    """Return a registry with the exporter's own metrics and every collector that is on."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    gauge(EXPORTER_BUILD_INFO, registry).labels(version("payment-observability"), platform.python_version()).set(1)
    registry.register(Scrape(_collectors(options), options.timeout))
    return registry


def _collectors(options: argparse.Namespace) -> Sequence[Collector]:
    def made() -> Iterator[Collector]:
        if options.collector_business or options.collector_database:
            engine = connect(DatabaseSettings(), options.timeout)
            yield BusinessCollector(engine)
            yield DatabaseCollector(engine)
        yield HostCollector(options.mountpoints or [Path("/")])
        yield BackupCollector(options.backup_directory)

    return [collector for collector in made() if getattr(options, f"collector_{collector.name}")]


def _serve(server: ExporterServer) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("listening address=%s:%s path=%s", *server.server_address[:2], server.telemetry_path)
    with server:
        server.serve_forever(poll_interval=0.1)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise argparse.ArgumentTypeError(f"{text!r} does not begin with /")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 300:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 300")
    return seconds


def _fail(message: str) -> int:
    sys.stderr.write(f"payment-exporter: {message}\n")
    return USAGE
