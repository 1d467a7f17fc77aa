"""How values go on: a course gives the value at a time in seconds since 1970, ``None`` where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

#: What is written ends here.
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
END = NOW.timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

Course = Callable[[float], float | None]


def exactly(value: float) -> Course:
    """The same at all times."""
    return lambda _: value


def never() -> Course:
    """No value at any time."""
    return lambda _: None


def around(value: float, period: float = 6 * HOUR) -> Course:
    """Up and down by a quarter."""
    return lambda at: value * (1 + math.sin(2 * math.pi * at / period) / 4)


def rising(a_second: float, period: float = 6 * HOUR) -> Course:
    """A counter whose rate goes up and down by a quarter."""
    angular = 2 * math.pi / period

    def total(at: float) -> float:
        since = at - END + 30 * DAY
        return a_second * (since - math.cos(angular * at) / angular / 4 + period)

    return total


def falling(value: float, a_second: float) -> Course:
    """Straight down, to ``value`` at the end."""
    return lambda at: value + (END - at) * a_second


def moment(ago: float) -> Course:
    """A time, so many seconds before the end."""
    return exactly(END - ago)


def newest(every: float, late: float = 0) -> Course:
    """The time at which something happened last that happens ``every`` so many seconds."""
    return lambda at: (at - late) // every * every


def lately(then: float, before: float | None, start: float, end: float = -1) -> Course:
    """``then`` from ``start`` to ``end`` seconds before the end, ``before`` at other times."""
    return lambda at: then if end < END - at <= start else before
