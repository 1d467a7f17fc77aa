"""How many payments customers in Kuala Lumpur want at each moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from payment_bundle.backtest.timeline import Timeline

#: Malaysia's clock, which knows no summer time.
OFFSET = timedelta(hours=8)
DAY = 24 * 3600
#: Payments per second in the best hour of a working day of the first week, on average.
PEAK = 4.0
#: Growth in a week.
GROWTH = 0.02
#: Share of the peak at each full hour of the local day.
WORKING_DAY = (
    *(0.030, 0.014, 0.008, 0.006, 0.006, 0.012, 0.05, 0.15, 0.38, 0.62, 0.78, 0.88),
    *(1.00, 0.95, 0.82, 0.78, 0.80, 0.86, 0.90, 0.96, 0.98, 0.80, 0.45, 0.14),
)
FREE_DAY = (
    *(0.050, 0.026, 0.014, 0.009, 0.007, 0.009, 0.02, 0.06, 0.16, 0.34, 0.55, 0.72),
    *(0.82, 0.84, 0.80, 0.76, 0.75, 0.76, 0.80, 0.84, 0.82, 0.66, 0.40, 0.18),
)
#: Days of the month on and after which wages arrive, and by how much more is paid then.
PAY_DAYS = {25: 0.15, 26: 0.25, 27: 0.2, 28: 0.1, 1: 0.1}
#: Spread of a day's and of an hour's figure around what is usual.
DAILY_SPREAD, HOURLY_SPREAD = 0.04, 0.06
_DRIFT_SECONDS = 900


def local_hour(timeline: Timeline) -> NDArray[np.float64]:
    """Return the hour of the local day at each moment, in [0, 24), shape (n,)."""
    local = timeline.moments + int(OFFSET.total_seconds())
    return (local % DAY) / 3600


def local_day(timeline: Timeline) -> NDArray[np.int64]:
    """Return the number of the local day at each moment, counted from that of the first, shape (n,)."""
    days = (timeline.moments + int(OFFSET.total_seconds())) // DAY
    since_first: NDArray[np.int64] = days - days[0]
    return since_first


def wanted_payments(timeline: Timeline, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return how many payments per second are wanted, shape (n,)."""
    hour, day = local_hour(timeline), local_day(timeline)
    full_hours = np.arange(25)
    working = np.interp(hour, full_hours, (*WORKING_DAY, WORKING_DAY[0]))
    free = np.interp(hour, full_hours, (*FREE_DAY, FREE_DAY[0]))
    first = datetime.fromtimestamp(timeline.start, UTC) + OFFSET
    dates = [first + timedelta(days=number) for number in range(int(day[-1]) + 1)]
    weekend = np.array([date.weekday() >= 5 for date in dates])[day]
    wages = np.array([1 + PAY_DAYS.get(date.day, 0) for date in dates])[day]
    growth = (1 + GROWTH) ** ((timeline.moments - timeline.start) / (7 * DAY))
    daily = np.exp(rng.normal(0, DAILY_SPREAD, len(dates)))[day]
    hours = np.arange(timeline.start, timeline.end + 3600, 3600)
    hourly = np.exp(np.interp(timeline.moments, hours, rng.normal(0, HOURLY_SPREAD, hours.size)))
    usual: NDArray[np.float64] = PEAK * np.where(weekend, free, working) * wages * growth
    return usual * daily * hourly


def drift(timeline: Timeline, rng: np.random.Generator, spread: float) -> NDArray[np.float64]:
    """Return a factor around 1 that changes slowly, shape (n,); ``spread`` is its logarithm's standard deviation."""
    knots = np.arange(timeline.start, timeline.end + _DRIFT_SECONDS, _DRIFT_SECONDS)
    factor: NDArray[np.float64] = np.exp(np.interp(timeline.moments, knots, rng.normal(0, spread, knots.size)))
    return factor
