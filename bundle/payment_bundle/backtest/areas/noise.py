"""How healthy values vary: by the hour of the day, by chance, and in the waves that collecting and pruning make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.flow_season import local_hour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from payment_bundle.backtest.timeline import Timeline

HOUR = 3600
DAY = 24 * HOUR
_PEAK = 14


def busy_hours(timeline: Timeline) -> NDArray[np.float64]:
    """Return 0 in the quietest hour of the local day and 1 in the busiest; shape (n,)."""
    return np.asarray(0.5 + 0.5 * np.cos((local_hour(timeline) - _PEAK) / 24 * 2 * np.pi))


def wander(rng: np.random.Generator, timeline: Timeline, spread: float, every: int = HOUR) -> NDArray[np.float64]:
    """Return what drifts around 0, with a new normally distributed goal ``every`` so many seconds; shape (n,)."""
    knots = np.arange(timeline.start, timeline.end + every, every)
    return np.interp(timeline.moments, knots, rng.normal(0, spread, knots.size))


def jitter(rng: np.random.Generator, timeline: Timeline, spread: float) -> NDArray[np.float64]:
    """Return normally distributed noise, another at each moment; shape (n,)."""
    return rng.normal(0, spread, timeline.size)


def since(timeline: Timeline, period: int, at: int = 0) -> NDArray[np.float64]:
    """Return the seconds since what happens once each ``period``, at Unix time ``at`` for example; shape (n,)."""
    return ((timeline.moments - at) % period).astype(np.float64)


def sawtooth(timeline: Timeline, period: int, at: int = 0) -> NDArray[np.float64]:
    """Return what rises from 0 to 1 within each ``period`` and falls back, at Unix time ``at`` for example."""
    return since(timeline, period, at) / period


def newest(done: NDArray[np.float64], timeline: Timeline) -> NDArray[np.intp]:
    """Return which of the times ``done`` (sorted, the first before the timeline) is the latest; shape (n,)."""
    return np.searchsorted(done, timeline.moments, side="right") - 1
