"""The lines that are followed: what a container runtime wrote, or a service's own, wrapped as a runtime does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_logging.parts.tail import CRI

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_CRI = re.compile(CRI.replace("(?<", "(?P<"))
_PARTIAL = "P"
#: What the formats of times of ``payment_logging.parts.tail`` read.
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+"
_CRI_TIME = re.compile(rf"{_TIME}(?:Z|[+-]\d\d:\d\d)")
_DOCKER_TIME = re.compile(f"{_TIME}Z")


class LineFormat(StrEnum):
    """Who wrote the lines."""

    #: containerd, CRI-O: time, stream, full or partial, message.
    CRI = "cri"
    #: Docker: JSON with ``log``, ``stream`` and ``time``.
    DOCKER = "docker"
    #: The service itself, as ``kubectl logs`` shows them.
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a container's file.

    ``number`` counts from 1, ``written`` has no line break. ``log`` is what the container wrote, None where no runtime
    wrote the line; ``partial`` where the runtime went on in another line.
    """

    number: int
    written: bytes
    stream: str = ""
    time: str = ""
    partial: bool = False
    log: str | None = None


def recognised(lines: Sequence[bytes]) -> LineFormat:
    """Return the format of the first line that is one of a runtime's; else they are the service's own."""
    for line in lines:
        if _cri(1, line):
            return LineFormat.CRI
        docker = _docker(1, line)
        if docker and docker.stream and docker.time:
            return LineFormat.DOCKER
    return LineFormat.PLAIN


def container_lines(lines: Sequence[bytes], written_as: LineFormat, now: datetime) -> tuple[Line, ...]:
    """Return lines as they stand in a container's file; plain ones as if written to standard output at ``now``."""
    if written_as is LineFormat.PLAIN:
        lines = [_wrapped(number, line, now) for number, line in enumerate(lines, start=1)]
    return tuple(
        _cri(number, line) or _docker(number, line) or Line(number, line) for number, line in enumerate(lines, start=1)
    )


def _wrapped(number: int, line: bytes, now: datetime) -> bytes:
    """Return a line of CRI's. No two have the same time: their ids are made of it."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{number:09d}+00:00 stdout F ".encode() + line


def _cri(number: int, line: bytes) -> Line | None:
    found = _CRI.match(line.decode(errors="replace"))
    if not found or not _CRI_TIME.fullmatch(found["time"]):
        return None
    partial = found["logtag"].split(":")[0] == _PARTIAL
    return Line(number, line, found["stream"], found["time"], partial, found["log"])


def _docker(number: int, line: bytes) -> Line | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("log"), str):
        return None
    if "time" in fields and not _DOCKER_TIME.fullmatch(str(fields["time"])):
        return None
    log = fields["log"]
    stream, time = (str(fields.get(name, "")) for name in ("stream", "time"))
    return Line(number, line, stream, time, not log.endswith("\n"), log.removesuffix("\n"))
