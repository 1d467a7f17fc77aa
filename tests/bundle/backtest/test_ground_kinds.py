"""What can go wrong around the traffic: each kind changes what it says, while it lasts, and its alerts exist."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from payment_alerts.groups import alert_groups
from payment_bundle.backtest.kinds.ground import GROUND_KINDS, GROUND_LOOK_ALIKES
from payment_bundle.backtest.occurrence import Strength
from payment_bundle.backtest.setting import Setting
from payment_bundle.backtest.timeline import Timeline
from payment_bundle.backtest.world import World
from payment_catalog.catalog import build_catalog
from payment_catalog.incident import IncidentKey
from payment_catalog.settings import Settings
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_bundle.backtest.kinds.kind import Level, LookAlike

TIMELINE = Timeline(weeks=1, resolution=60)
START = TIMELINE.size // 3
LEVELS = [
    pytest.param(level, id=f"{kind.name}-{strength}")
    for kind in GROUND_KINDS
    for strength, level in kind.levels.items()
]
LOOK_ALIKES = [pytest.param(look_alike, id=look_alike.name) for look_alike in GROUND_LOOK_ALIKES]
Values = NDArray[Any]
ORDER = [None, *reversed(Priority)]


def world() -> World:
    return World.healthy(Setting.of(Settings(), TIMELINE, 1))


def lasting(duration: timedelta) -> slice:
    return slice(START, START + int(duration.total_seconds()) // TIMELINE.resolution)


@cache
def usual() -> list[Values]:
    return drivers(world())


def drivers(of: World) -> list[Values]:
    """Return every driver, shape (..., n)."""
    found: list[Values] = []
    for area in of.areas:
        for value in vars(area).values():
            arrays = value.values() if isinstance(value, dict) else (value,)
            found.extend(array for array in arrays if isinstance(array, np.ndarray))
    return found


def same(one: Values, other: Values) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype == np.float64)


@pytest.mark.parametrize("level", [*LEVELS, *LOOK_ALIKES])
def test_it_changes_the_world_while_it_lasts_and_not_after(level: Level | LookAlike) -> None:
    changed, when = world(), lasting(level.duration)
    level.strike(changed, when, np.random.default_rng(5))
    after = drivers(changed)
    around = [found for area in changed.areas if area is not changed.flow for found in area.publish(changed)]

    assert any(not same(a[..., when], b[..., when]) for a, b in zip(usual(), after, strict=True))
    assert all(same(a[..., when.stop :], b[..., when.stop :]) for a, b in zip(usual(), after, strict=True))
    assert all(found.values.shape == (TIMELINE.size,) for found in around)
    assert not any(np.isinf(found.values).any() for found in around)


def test_every_alert_that_is_to_detect_a_kind_exists() -> None:
    groups = alert_groups(build_catalog(Settings()))
    known = {alert.name for group in groups for alert in group.alerts}
    named = {alert for kind in GROUND_KINDS for alert in kind.alerts}
    named |= {alert for kind in GROUND_KINDS for level in kind.levels.values() for alert in level.alerts or ()}

    assert named <= known


def test_objectives_that_a_level_spends_exist() -> None:
    known = {objective.key for objective in build_catalog(Settings()).objectives}
    spent = {key for kind in GROUND_KINDS for level in kind.levels.values() for key in level.spends}

    assert spent == known


def test_names_are_unique() -> None:
    names = [kind.name for kind in GROUND_KINDS] + [look_alike.name for look_alike in GROUND_LOOK_ALIKES]

    assert len(names) == len(set(names))


def test_what_is_stronger_deserves_no_less() -> None:
    for kind in GROUND_KINDS:
        deserved = [ORDER.index(kind.levels[strength].priority) for strength in Strength if strength in kind.levels]
        assert deserved == sorted(deserved), kind.name


def test_every_incident_of_the_runbook_can_happen() -> None:
    assert {kind.incident for kind in GROUND_KINDS} == set(IncidentKey)


def test_only_a_slight_one_needs_to_be_told_to_nobody() -> None:
    for kind in GROUND_KINDS:
        untold = {strength for strength, level in kind.levels.items() if level.priority is None}
        assert untold <= {Strength.SLIGHT}, kind.name
        assert any(level.priority for level in kind.levels.values()), kind.name
