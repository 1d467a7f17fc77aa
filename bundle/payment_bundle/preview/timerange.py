"""Time ranges as Grafana's addresses write them: ``now-1h``, milliseconds of the epoch, or ISO 8601."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from payment_bundle.utc import parse_utc
from payment_catalog.errors import ForeseenError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RELATIVE = re.compile(r"now(?:-(\d{1,9})([smhdw]))?")
_MILLISECONDS = re.compile(r"\d{9,14}")
_DURATION = re.compile(r"(\d{1,9})(ms|[smhdw])")
_LONGEST = timedelta(days=400)


class TimeRangeError(ForeseenError):
    """A time or a range that cannot be shown."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From ``start`` to ``end``; the texts are what the reader wrote, for links that keep it."""

    start: datetime
    end: datetime
    start_text: str
    end_text: str

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()

    @property
    def is_relative(self) -> bool:
        """Whether it moves with the clock."""
        return self.end_text.startswith("now")


def parse_range(start: str, end: str, now: datetime) -> TimeRange:
    """Return the range that two texts mean; raises TimeRangeError."""
    found = TimeRange(_moment(start, now), _moment(end, now), start.strip(), end.strip())
    if found.start >= found.end:
        raise TimeRangeError(f"the range must begin before it ends, found {start} to {end}")
    if found.end - found.start > _LONGEST:
        raise TimeRangeError(f"at most {_LONGEST.days} days are shown, found {start} to {end}")
    return found


def parse_duration(text: str) -> float | None:
    """Return the seconds of ``30s`` or ``500ms``, ``None`` for anything else."""
    match = _DURATION.fullmatch(text.strip().lstrip(">"))
    if not match:
        return None
    return int(match[1]) / 1000 if match[2] == "ms" else float(int(match[1]) * _SECONDS[match[2]])


def _moment(text: str, now: datetime) -> datetime:
    cleaned = text.strip()
    try:
        if match := _RELATIVE.fullmatch(cleaned):
            return now - timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match[1] else now
        if _MILLISECONDS.fullmatch(cleaned):
            return datetime.fromtimestamp(int(cleaned) / 1000, UTC)
        return parse_utc(cleaned)
    except (ValueError, OverflowError):
        raise TimeRangeError(
            f"expected a time such as now-1h, 2026-11-25T10:00Z or milliseconds since 1970, found {text!r}"
        ) from None
