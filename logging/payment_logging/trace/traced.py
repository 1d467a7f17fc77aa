"""What became of the lines."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_logging.redaction import REPLACEMENTS
from payment_logging.redaction.replacement import CARD, SECRET

if TYPE_CHECKING:
    from payment_logging.trace.joining import Entry
    from payment_logging.trace.outputs import Output, Record

#: What a mark stands for, for people.
_KINDS = {CARD: "card number", SECRET: "secret"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record at an output: ``record`` as it looks there, None where nothing was run; ``id`` where it has one."""

    output: str
    place: str
    tag: str
    time: str = ""
    record: Record | None = None
    id: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Traced:
    """Lines that became one record, and where it went.

    ``text`` is the redacted line where nothing was run; ``redacted`` says what the pipeline took out.
    """

    lines: tuple[int, ...]
    arrivals: tuple[Arrival, ...]
    redacted: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether the record could not be read, or came out nowhere."""
        return not self.arrivals or any(arrival.is_error for arrival in self.arrivals)


def arrival(output: Output, place: str, tag: str, time: str, record: Record) -> Arrival:
    """Return the arrival of what Fluentd gave to ``output``."""
    there, identifier = output.looks(record, time)
    return Arrival(output.id, output.shown(place), tag, time, there, identifier, output.takes_errors)


def traced(entry: Entry, arrivals: tuple[Arrival, ...]) -> Traced:
    """Return what became of ``entry``, by what came out."""
    before = entry.text
    after = "".join(json.dumps(each.record, ensure_ascii=False) for each in arrivals)
    return Traced(entry.numbers, arrivals, _taken_out(before, after))


def expected(entry: Entry, arrivals: tuple[Arrival, ...]) -> Traced:
    """Return what becomes of ``entry`` by its configuration; the expressions of the redaction are run here."""
    before = entry.text
    # What no runtime wrote is redacted in the text of its record, with escapes.
    after = redact(before if entry.log is not None else json.dumps(before, ensure_ascii=False)[1:-1])
    return Traced(entry.numbers, arrivals, _taken_out(before, after), after)


def redact(text: str) -> str:
    """Return ``text`` after the redaction's expressions, which Python and Ruby read alike."""
    for each in REPLACEMENTS:
        text = re.sub(each.expression, each.replacement, text)
    return text


def _taken_out(before: str, after: str) -> tuple[str, ...]:
    return tuple(kind for mark, kind in _KINDS.items() if mark in after and mark not in before)
