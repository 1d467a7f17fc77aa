"""Reads what Fluentd wrote in the place of its outputs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from payment_logging.trace.traced import Arrival, Traced, arrival, traced
from payment_logging.trace.variant import LINE_FIELD, TAG_FIELD, TIME_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_logging.trace.joining import Entry
    from payment_logging.trace.outputs import Output, Record

#: As Ruby's ``inspect`` shows the field in the text of a record that could not be read.
_INSPECTED = re.compile(rf'(?:, )?"{LINE_FIELD}" ?=> ?(?P<number>\d+)')


def results(entries: Iterable[Entry], written: Iterable[tuple[Output, str, str]]) -> tuple[Traced, ...]:
    """Return what became of ``entries``, by each output, the place that it wrote to, and the line written there.

    Raises ValueError for a line that is none of Fluentd's.
    """
    by_line: dict[int, list[Arrival]] = defaultdict(list)
    for output, place, line in written:
        number, found = _arrival(output, place, line)
        by_line[number].append(found)
    return tuple(traced(entry, tuple(by_line.get(entry.numbers[0], ()))) for entry in entries)


def _arrival(output: Output, place: str, line: str) -> tuple[int, Arrival]:
    try:
        record = json.loads(line)
        tag, time = str(record.pop(TAG_FIELD)), str(record.pop(TIME_FIELD))
        number, clean = _without_number(record, takes_errors=output.takes_errors)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(f"expected a record with its line, tag and time, found {line[:80]!r}") from None
    return number, arrival(output, place, tag, time, clean)


def _without_number(record: Record, *, takes_errors: bool) -> tuple[int, Record]:
    """Return the number of the first line, and the record as it would be without it."""
    if LINE_FIELD in record or not takes_errors:
        return int(str(record[LINE_FIELD])), {name: value for name, value in record.items() if name != LINE_FIELD}
    for name, value in record.items():
        if isinstance(value, str) and (found := _INSPECTED.search(value)):
            text = value[: found.start()] + value[found.end() :]
            return int(found["number"]), {**record, name: text.replace("{, ", "{", 1)}
    raise KeyError(LINE_FIELD)
