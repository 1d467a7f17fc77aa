"""Which lines become one record: those that the runtime split, then those of a traceback.

As fluent-plugin-concat does it with the parameters of ``payment_logging.parts.join``, when all lines come at once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_logging.parts.join import BEGINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_logging.trace.lines import Line

_BEGINS = re.compile(BEGINS, re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines that become one record; ``log`` is what the container wrote, None where no runtime wrote the line."""

    lines: tuple[Line, ...]
    log: str | None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the lines."""
        return tuple(line.number for line in self.lines)

    @property
    def text(self) -> str:
        """What the container wrote, or the line as it stands in the file."""
        return self.lines[0].written.decode(errors="replace") if self.log is None else self.log


def entries(lines: Iterable[Line]) -> tuple[Entry, ...]:
    """Return the records that come of ``lines``, by the number of their first line."""
    streams: dict[str, list[Line]] = defaultdict(list)
    found: list[Entry] = []
    for line in lines:
        if line.log is None:
            found.append(Entry((line,), None))
        else:
            streams[line.stream].append(line)
    for of_stream in streams.values():
        found.extend(_tracebacks(_whole(of_stream)))
    return tuple(sorted(found, key=lambda entry: entry.numbers))


def _whole(lines: Iterable[Line]) -> Iterator[Entry]:
    waiting: list[Line] = []
    for line in lines:
        waiting.append(line)
        if not line.partial:
            yield _one(waiting)
            waiting = []
    if waiting:
        yield _one(waiting)


def _one(lines: list[Line]) -> Entry:
    return Entry(tuple(lines), "".join(line.log or "" for line in lines))


def _tracebacks(whole: Iterable[Entry]) -> Iterator[Entry]:
    """Join what follows the beginning of a record; the service's own lines end where they begin."""
    traceback: list[Entry] = []
    for entry in whole:
        text = entry.log or ""
        if traceback and not _BEGINS.search(text):
            traceback.append(entry)
            continue
        if traceback:
            yield _joined(traceback)
            traceback = []
        if _BEGINS.search(text) and not text.startswith("{"):
            traceback.append(entry)
        else:
            yield entry
    if traceback:
        yield _joined(traceback)


def _joined(parts: list[Entry]) -> Entry:
    lines = tuple(line for part in parts for line in part.lines)
    return Entry(lines, "\n".join(part.log or "" for part in parts))
