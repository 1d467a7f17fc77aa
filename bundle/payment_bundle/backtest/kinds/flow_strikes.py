"""Ways to change the drivers of the service's traffic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from payment_bundle.backtest.areas.flow import Flow
from payment_bundle.backtest.areas.flow_counts import METHODS
from payment_bundle.backtest.kinds.onset import AT_ONCE, setting_in

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_bundle.backtest.kinds.kind import Strike
    from payment_bundle.backtest.world import World
    from payment_catalog.vocabulary import PaymentMethod

#: Picks the array that is changed, shape (..., n).
Driver = Callable[[Flow], NDArray[np.float64]]


def share(driver: Driver, of: float, over: timedelta = AT_ONCE) -> Strike:
    """Return a share (0 to 1) that becomes ``of`` within ``over``; where it is larger already, it stays."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        values = driver(world.flow)
        spread = 0.15 * (1 - of)
        risen = (of * setting_in(world, when, rng, over, spread)).clip(0, 1)
        values[..., when] = np.maximum(values[..., when], risen)

    return strike


def times(driver: Driver, factor: float, over: timedelta = AT_ONCE) -> Strike:
    """Return something that becomes ``factor`` times what it would have been within ``over``."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        driver(world.flow)[..., when] *= (1 + (factor - 1) * setting_in(world, when, rng, over)).clip(0, None)

    return strike


def kept(driver: Driver, part: float) -> Strike:
    """Return something of which only the share ``part`` is left."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        left = part * setting_in(world, when, rng, spread=0.1)
        driver(world.flow)[..., when] *= left.clip(0, 1)

    return strike


def together(*strikes: Strike) -> Strike:
    """Return all of them at once."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        for part in strikes:
            part(world, when, rng)

    return strike


def not_ready(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let ``/ready`` answer 503."""
    del rng
    world.flow.ready[when] = 0


def stopped(instances: int | None = None) -> Strike:
    """Return processes that do not run: so many of the first instances, or all."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        world.flow.up[:instances, when] = 0

    return strike


def of_method(driver: Driver, method: PaymentMethod) -> Driver:
    """Return the driver of one payment method, of those of all."""
    position = list(METHODS).index(method)
    return lambda flow: driver(flow)[position]
