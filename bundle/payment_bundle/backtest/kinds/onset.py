"""How something sets in: at once or within minutes, never quite evenly, and how long it had been standing still."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from payment_bundle.backtest.kinds.kind import Strike
    from payment_bundle.backtest.world import World

AT_ONCE = timedelta(0)


def steps(world: World, duration: timedelta) -> int:
    """Return how many moments ``duration`` has, at least one."""
    return max(1, round(duration.total_seconds() / world.setting.timeline.resolution))


def rising(world: World, when: slice, over: timedelta = AT_ONCE) -> NDArray[np.float64]:
    """Return what rises evenly to 1 within ``over`` and stays; one value for each moment of ``when``."""
    return np.minimum((np.arange(when.stop - when.start) + 1) / steps(world, over), 1)


def setting_in(
    world: World, when: slice, rng: np.random.Generator, over: timedelta = AT_ONCE, spread: float = 0.15
) -> NDArray[np.float64]:
    """Return what rises to about 1 within ``over``, with noise of that ``spread``; never negative."""
    risen = rising(world, when, over)
    return np.clip(risen * rng.normal(1, spread, risen.size), 0, None)


def seconds_into(world: World, when: slice) -> NDArray[np.float64]:
    """Return the seconds since the beginning, one value for each moment of ``when``."""
    return np.arange(when.stop - when.start) * float(world.setting.timeline.resolution)


def stand_still(world: World, when: slice, times: NDArray[np.float64], age: timedelta) -> None:
    """Let ``times`` (Unix times, shape (n,)) stop so that they are ``age`` old when it begins, and go on at its end."""
    begun = max(0, when.start - steps(world, age))
    stopped = float(world.setting.timeline.moments[when.start] - age.total_seconds())
    times[begun : when.stop] = np.minimum(times[begun : when.stop], stopped)


def out_of_date(age: timedelta, *times: Callable[[World], NDArray[np.float64]]) -> Strike:
    """Return times of what was done last, each picked from the world, that are ``age`` old when it begins."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        for pick in times:
            stand_still(world, when, pick(world), age)

    return strike


def once_every(world: World, when: slice, period: timedelta, first: timedelta = AT_ONCE) -> NDArray[np.int64]:
    """Return the moments of ``when``, as positions in the timeline, at which something happens each ``period``."""
    return np.arange(when.start + (steps(world, first) if first else 0), when.stop, steps(world, period))
