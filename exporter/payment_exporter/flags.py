"""The flags of ``payment-exporter``, named as Prometheus' exporters name theirs. A flag overrides the file."""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from payment_catalog.durations import format_duration
from payment_catalog.settings.texts import FilePath, Target, Url
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.configuration import AllowedTarget, Collectors, Configuration, MountPoint, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = "payment-exporter"
_LEVELS = ("debug", "info", "warning", "error")
_DEFAULTS = Configuration()
#: Where the exporter itself answers.
RESERVED_PATHS = ("/-/", "/probe")


@dataclass(frozen=True, slots=True)
class _Option:
    """A flag for ``field`` of a collector's part of the configuration, checked as ``kind``."""

    collector: ExporterCollector
    name: str
    field: str
    kind: Any
    metavar: str
    help: str
    repeated: bool = False


_OPTIONS = (
    _Option(ExporterCollector.REDIS, "address", "address", Target, "HOST:PORT", "the cache (REDIS_HOST, REDIS_PORT)"),
    _Option(ExporterCollector.HOST, "mountpoint", "mountpoints", MountPoint, "PATH", "file system to watch (/)", True),
    _Option(
        ExporterCollector.BACKUP,
        "directory",
        "directory",
        FilePath,
        "PATH",
        f"where the backups are ({_DEFAULTS.collectors.backup.directory})",
    ),
    _Option(
        ExporterCollector.ARCHIVE,
        "report",
        "report",
        FilePath,
        "PATH",
        f"what 'payobs archive --report' writes ({_DEFAULTS.collectors.archive.report})",
    ),
    _Option(
        ExporterCollector.ELASTICSEARCH,
        "url",
        "urls",
        Url,
        "URL",
        f"node of the cluster ({_DEFAULTS.collectors.elasticsearch.urls[0]})",
        True,
    ),
    _Option(
        ExporterCollector.PROBE,
        "target",
        "targets",
        Url,
        "URL",
        f"service to probe ({_DEFAULTS.collectors.probe.targets[0]})",
        True,
    ),
    _Option(ExporterCollector.PROBE, "gateway", "gateway", Url, "URL", "the gateway (FIUU_BASE_URL)"),
    _Option(
        ExporterCollector.PROBE,
        "allow",
        "allowed",
        AllowedTarget,
        "ORIGIN",
        "what /probe?target= may name beside the targets, for example https://*.payments.svc:8443",
        True,
    ),
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and which flag may have been meant."""

    def error(self, message: str) -> NoReturn:
        known = [flag for action in self._actions for flag in action.option_strings]
        unknown = message.partition("unrecognized arguments: ")[2].partition("=")[0]
        close = difflib.get_close_matches(unknown, known, n=1)
        meant = f", did you mean {close[0]}?" if close else f"; '{PROGRAM} --help' lists the flags"
        self.exit(2, f"{PROGRAM}: {message}{meant if unknown else ''}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser. What is ``None`` in its result was not given, and the file or the default holds."""
    arguments = _Parser(
        prog=PROGRAM,
        usage="%(prog)s [FLAG]...",
        allow_abbrev=False,
        description="Publishes business, database, cache, host, backup and log figures of the payment service. "
        "Its database is named by DB_* as for the service.",
        epilog="Signals: SIGHUP reads the configuration file anew, SIGTERM ends. Exit codes: 0 fine, 2 bad usage.",
    )
    arguments.add_argument(
        "--config.file", dest="config_file", type=Path, metavar="PATH", help="configuration file (YAML)"
    )
    arguments.add_argument(
        "--config.check", dest="config_check", action="store_true", help="check the files and flags, and end"
    )
    _add_web(arguments.add_argument_group("web"))
    _add_collectors(arguments.add_argument_group("collectors"))
    arguments.add_argument(
        "--log.level", dest="log_level", choices=_LEVELS, default="info", help="least level that is logged (info)"
    )
    arguments.add_argument("--version", action="version", version=f"{PROGRAM} {version('payment-observability')}")
    return arguments


def configured(configuration: Configuration, flags: argparse.Namespace) -> Configuration:
    """Return ``configuration`` with what the flags say put in."""
    parts: dict[str, Any] = {}
    for name in ExporterCollector:
        part = configuration.collectors.of(name)
        given = {field: getattr(flags, _destination(name, field), None) for field in type(part).model_fields}
        parts[name.value] = part.model_copy(
            update={
                field: tuple(value) if isinstance(value, list) else value
                for field, value in given.items()
                if value is not None
            }
        )
    general = {} if flags.timeout is None else {"timeout": flags.timeout}
    return configuration.model_copy(update={"collectors": configuration.collectors.model_copy(update=parts), **general})


def _add_web(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--web.listen-address",
        dest="listen_address",
        type=_address,
        default="127.0.0.1:9877",
        metavar="HOST:PORT",
        help="where to listen (127.0.0.1:9877); no host means every IPv4 address, [::] every address",
    )
    group.add_argument(
        "--web.config.file",
        dest="web_config_file",
        type=lambda text: Path(text) if text else None,
        metavar="PATH",
        help="TLS and basic authentication, in the format of Prometheus' exporter-toolkit",
    )
    group.add_argument(
        "--web.telemetry-path",
        dest="telemetry_path",
        type=_path,
        default="/metrics",
        metavar="PATH",
        help="where the metrics are (/metrics)",
    )
    group.add_argument(
        "--web.max-requests",
        dest="max_requests",
        type=_count,
        default=40,
        metavar="N",
        help="scrapes that are answered at once (40); more wait, and are refused with 503 when their time is over",
    )
    group.add_argument(
        "--web.timeout-offset",
        dest="timeout_offset",
        type=_checked(Timeout),
        default="500ms",
        metavar="DURATION",
        help="how much sooner than Prometheus gives up a scrape is answered (500ms)",
    )


def _add_collectors(group: argparse._ArgumentGroup) -> None:
    for name in ExporterCollector:
        measured = Collectors.model_fields[name].description
        default = "on" if _DEFAULTS.collectors.of(name).enabled else "off"
        enabled = _destination(name, "enabled")
        group.add_argument(
            f"--collector.{name}",
            dest=enabled,
            action="store_const",
            const=True,
            help=f"{measured} ({default} unless said otherwise)",
        )
        group.add_argument(
            f"--no-collector.{name}", dest=enabled, action="store_const", const=False, help=f"not {name}"
        )
        group.add_argument(
            f"--collector.{name}.timeout",
            dest=_destination(name, "timeout"),
            type=_checked(Timeout),
            metavar="DURATION",
            help=f"time-out of {name} alone",
        )
    group.add_argument(
        "--collector.timeout",
        dest="timeout",
        type=_checked(Timeout),
        metavar="DURATION",
        help="after which a scrape is answered without a collector that has not ended "
        f"({format_duration(_DEFAULTS.timeout)})",
    )
    for option in _OPTIONS:
        group.add_argument(
            f"--collector.{option.collector}.{option.name}",
            dest=_destination(option.collector, option.field),
            type=_checked(option.kind),
            action="append" if option.repeated else "store",
            metavar=option.metavar,
            help=f"{option.help}; may be repeated" if option.repeated else option.help,
        )


def _destination(collector: ExporterCollector, field: str) -> str:
    return f"collector_{collector}_{field}"


def _checked(kind: Any) -> Callable[[str], Any]:
    """Return a check of a flag's value by the type that the file's value has."""
    adapter = TypeAdapter(kind)

    def check(text: str) -> Any:
        try:
            return adapter.validate_python(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise argparse.ArgumentTypeError(f"{text!r}: {first.get('ctx', {}).get('error', first['msg'])}") from None

    return check


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _path(text: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._~/-]+", text) or text.startswith(RESERVED_PATHS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a path such as /metrics")
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000")
    return int(text)
