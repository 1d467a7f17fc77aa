"""When a disk that fills is an alert: how soon it will be full, and how little of it is left.

The shares and the hours of the trend are those of the kubernetes-mixin's alerts on persistent volumes and of
node_exporter's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: What the trend is taken from. A backup or a rotation of logs within it is no trend.
TREND = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class DiskForecast:
    """A disk is full ``within`` some time, and less than the share ``left`` is available now."""

    within: timedelta
    left: float


WITHIN_A_DAY = DiskForecast(timedelta(days=1), 0.4)
WITHIN_HOURS = DiskForecast(timedelta(hours=4), 0.2)
