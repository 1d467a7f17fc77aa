"""Reads the log files of the service's containers, as Docker or a runtime with CRI writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Pattern, Section
from payment_logging.parts.labels import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings
    from payment_logging.fluentd import Value

TAG = "kubernetes"
#: The container runtime interface's line: time, stream, full or partial, message.
CRI = r"^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[FP](?::[^ ]*)?) (?<log>.*)$"
CRI_TIME = "%Y-%m-%dT%H:%M:%S.%N%:z"
DOCKER_TIME = "%Y-%m-%dT%H:%M:%S.%NZ"
#: The field of a line that no runtime wrote.
UNREADABLE = "unreadable"


def tail(settings: Settings) -> tuple[Section, ...]:
    """Return the source. Files are read as bytes: a runtime may cut a line within a character."""
    source = Section(
        "source",
        "",
        {
            "@type": "tail",
            "@id": "containers",
            "@label": Stage.JOIN_PARTS.value,
            "path": f"/var/log/containers/*{settings.service}*.log",
            # In a namespace of the same name these would match as well, and Fluentd would read what it writes.
            "exclude_path": '["/var/log/containers/*fluentd*.log"]',
            "pos_file": "/var/log/fluentd-containers.log.pos",
            "pos_file_compaction_interval": "24h",
            "tag": f"{TAG}.*",
            "read_from_head": True,
            "follow_inodes": True,
            "refresh_interval": "10s",
            "rotate_wait": "30s",
        },
        (_either_format(),),
    )
    return (Section("worker", "0", {}, (source,)),)


def _either_format() -> Section:
    """Return the formats, of which the first that fits counts.

    The last fits all: what fitted none would be written, with all that it holds, to Fluentd's own log.
    """
    time: Mapping[str, Value] = {"time_key": "time", "keep_time_key": True}
    cri = {"format": "regexp", "expression": Pattern(CRI), "time_format": CRI_TIME, **time}
    docker = {"format": "json", "time_format": DOCKER_TIME, "utc": True, **time}
    other: Mapping[str, Value] = {"format": "none", "message_key": UNREADABLE}
    patterns = tuple(Section("pattern", "", parameters) for parameters in (cri, docker, other))
    return Section("parse", "", {"@type": "multi_format"}, patterns)
