"""Grafana's steps: how far apart the points of a panel are, and over what a rate is taken."""

from __future__ import annotations

from bisect import bisect_right

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: Where an interval is below the first figure of a pair, it becomes the second; of Grafana's roundInterval, in seconds.
_ROUNDING = (
    (0.01, 0.001),
    (0.015, 0.01),
    (0.035, 0.02),
    (0.075, 0.05),
    (0.15, 0.1),
    (0.35, 0.2),
    (0.75, 0.5),
    (1.5, 1),
    (3.5, 2),
    (7.5, 5),
    (12.5, 10),
    (17.5, 15),
    (25, 20),
    (45, 30),
    (90, _MINUTE),
    (210, 2 * _MINUTE),
    (450, 5 * _MINUTE),
    (750, 10 * _MINUTE),
    (1050, 15 * _MINUTE),
    (1500, 20 * _MINUTE),
    (2700, 30 * _MINUTE),
    (5400, _HOUR),
    (9000, 2 * _HOUR),
    (16200, 3 * _HOUR),
    (32400, 6 * _HOUR),
    (86400, 12 * _HOUR),
    (604800, _DAY),
    (1814400, 7 * _DAY),
)
_LIMITS = [limit for limit, _ in _ROUNDING]
_LONGEST = 30.0 * _DAY
#: Prometheus answers a question about at most this many points of a series.
_MOST_POINTS = 11_000


def interval(range_seconds: float, points: int, least: float) -> float:
    """Return ``$__interval`` in seconds for a panel that can show ``points``, at least ``least``."""
    raw = range_seconds / max(points, 1)
    position = bisect_right(_LIMITS, raw)
    rounded = _ROUNDING[position][1] if position < len(_ROUNDING) else _LONGEST
    return max(rounded, least, range_seconds / _MOST_POINTS)


def rate_interval(step: float, scrape: float) -> float:
    """Return ``$__rate_interval`` in seconds: it always holds at least four scrapes."""
    return max(step + scrape, 4 * scrape)


def duration(seconds: float) -> str:
    """Return a duration as PromQL writes it."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
