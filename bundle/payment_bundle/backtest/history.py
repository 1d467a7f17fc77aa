"""A simulated history: a world in which what was planned has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds import KINDS, LOOK_ALIKES
from payment_bundle.backtest.plan import plan
from payment_bundle.backtest.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_bundle.backtest.kinds.kind import Strike
    from payment_bundle.backtest.occurrence import Occurrence
    from payment_bundle.backtest.setting import Setting


def history(setting: Setting) -> tuple[World, tuple[Occurrence, ...]]:
    """Return the world of ``setting`` and what happened in it, the same for the same seed."""
    occurrences = plan(setting.seed, setting.timeline, KINDS, LOOK_ALIKES, len(setting.service))
    world = World.healthy(setting)
    unfold(world, occurrences)
    return world, occurrences


def unfold(world: World, occurrences: Iterable[Occurrence]) -> None:
    """Let ``occurrences`` change the world; one that falls between two moments leaves no trace."""
    for occurrence in occurrences:
        when = world.setting.timeline.during(occurrence.start, occurrence.end)
        if when.start < when.stop:
            _strike(occurrence)(world, when, world.setting.rng("occurrence", occurrence.kind, occurrence.start))


def _strike(occurrence: Occurrence) -> Strike:
    """Return how it changes the world; raises KeyError for an unknown kind."""
    if occurrence.strength is None:
        return _LOOK_ALIKES[occurrence.kind].strike
    return _KINDS[occurrence.kind].levels[occurrence.strength].strike


_KINDS = {kind.name: kind for kind in KINDS}
_LOOK_ALIKES = {look_alike.name: look_alike for look_alike in LOOK_ALIKES}
