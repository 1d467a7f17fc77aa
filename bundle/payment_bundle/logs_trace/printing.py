"""What became of the lines, for people and for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_logging.trace.traced import Arrival, Traced


def for_people(traced: Iterable[Traced]) -> Iterator[str]:
    """Return lines of text: numbers of the lines, then where they went, each with the record as it looks there."""
    for each in traced:
        taken = f"   redacted: {', '.join(each.redacted)}" if each.redacted else ""
        yield f"{_numbers(each.lines)}{taken}"
        if not each.arrivals:
            yield "  ! came out nowhere"
        for arrival in each.arrivals:
            yield from _arrival(arrival)
        if each.text:
            yield from (f"      {_printable(line)}" for line in each.text.split("\n"))


def for_machines(traced: Iterable[Traced], read_by: str) -> Iterator[dict[str, object]]:
    """Return each record as plain data; ``read_by`` says who followed it."""
    for each in traced:
        document = {
            "lines": each.lines,
            "by": read_by,
            "arrivals": [_document(arrival) for arrival in each.arrivals],
            "redacted": each.redacted,
            "finding": each.is_finding,
        }
        yield document | ({"text": each.text} if each.text else {})


def summary(traced: tuple[Traced, ...]) -> str:
    """Return how many records there were, and how many of them are findings."""
    lines = sum(len(each.lines) for each in traced)
    unread = sum(bool(each.arrivals) and each.is_finding for each in traced)
    lost = sum(not each.arrivals for each in traced)
    return f"{lines} line(s), {len(traced)} record(s): {unread} to the label of errors, {lost} came out nowhere"


def _numbers(lines: tuple[int, ...]) -> str:
    return f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"


def _arrival(arrival: Arrival) -> Iterator[str]:
    sign = "!" if arrival.is_error else "→"
    label = "   by @ERROR" if arrival.is_error else ""
    identifier = f"   id {arrival.id}" if arrival.id else ""
    yield f"  {sign} {arrival.output}: {arrival.place}   tag {arrival.tag}{identifier}{label}"
    if arrival.record is not None:
        yield f"      {_printable(json.dumps(arrival.record, ensure_ascii=False))}"


def _printable(text: str) -> str:
    """Return ``text`` with escapes for what would steer a terminal, or is no character."""
    return "".join(letter if letter.isprintable() or letter == "\t" else repr(letter)[1:-1] for letter in text)


def _document(arrival: Arrival) -> dict[str, object]:
    document: dict[str, object] = {
        "output": arrival.output,
        "place": arrival.place,
        "tag": arrival.tag,
        "error": arrival.is_error,
    }
    if arrival.record is not None:
        document |= {"time": arrival.time, "record": arrival.record}
    return document | ({"id": arrival.id} if arrival.id else {})
