"""Burn rates and windows: the workbook's table for 30 days, and tiers that can fire for every objective."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_catalog.burn_rates import LONG_TO_SHORT, REACHABLE, Response, tiers
from payment_catalog.catalog import build_catalog
from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Objectives

if TYPE_CHECKING:
    from payment_catalog.slos import Objective


def objective(target: float, window: str = "30d") -> Objective:
    chosen = Objectives(window=parse_duration(window), availability=target)
    return next(one for one in build_catalog(Settings(objectives=chosen)).objectives if one.key == "availability")


def table(of: Objective) -> list[tuple[str, float, str, str]]:
    return [
        (tier.policy.response.name, round(tier.rate, 4), format_duration(tier.long), format_duration(tier.short))
        for tier in tiers(of)
    ]


@pytest.mark.parametrize("target", [0.94, 0.95, 0.99, 0.999, 0.9999])
def test_thirty_days_have_the_workbooks_table(target: float) -> None:
    assert table(objective(target)) == [
        ("PAGE", 14.4, "1h", "5m"),
        ("PAGE", 6, "6h", "30m"),
        ("TICKET", 3, "1d", "2h"),
        ("TICKET", 1, "3d", "6h"),
    ]


def test_a_loose_objective_has_lower_rates_on_the_same_windows() -> None:
    # When 9 of 10 events are bad, a budget of 1 in 10 is spent 9 times too fast: half way between 6 and 9.
    assert [rate for _, rate, _, _ in table(objective(0.9))] == [7.5, 6, 3, 1]
    assert [rate for _, rate, _, _ in table(objective(0.5))] == [1.7, 1.6, 1.4, 1]


def test_windows_grow_with_the_objectives() -> None:
    assert [(long, short) for _, _, long, short in table(objective(0.99, "90d"))] == [
        ("3h", "15m"),
        ("18h", "1h30m"),
        ("3d", "6h"),
        ("9d", "18h"),
    ]
    assert [(long, short) for _, _, long, short in table(objective(0.99, "7d"))] == [
        ("1h", "5m"),
        ("2h", "10m"),
        ("6h", "30m"),
        ("17h", "1h25m"),
    ]


@given(target=st.floats(0.5, 0.9999), days=st.floats(7, 90))
def test_every_tier_can_fire_and_none_is_slower_than_the_next(target: float, days: float) -> None:
    of = objective(target, f"{int(days * 24)}h")
    found = tiers(of)
    for tier in found:
        assert 1 <= tier.rate <= tier.policy.rate
        assert tier.rate * of.error_budget <= REACHABLE < 1
        assert tier.short * LONG_TO_SHORT == tier.long <= of.window
        assert tier.short % timedelta(minutes=5) == timedelta(0)
        assert tier.lowered == (tier.policy.rate * of.error_budget > REACHABLE)
    assert all(faster.rate > slower.rate for faster, slower in pairwise(found))
    assert {tier.policy.response for tier in found} == set(Response)
