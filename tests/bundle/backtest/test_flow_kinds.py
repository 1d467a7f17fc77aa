"""Each kind changes what it is about, as much as its priority says by the runbook's limits."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from bundle.backtest.simulated import counted, setting, span

from payment_alerts.groups import alert_groups
from payment_bundle.backtest.history import unfold
from payment_bundle.backtest.kinds import KINDS, LOOK_ALIKES, availability, business, errors, slowness
from payment_bundle.backtest.kinds.kind import Hours, Kind
from payment_bundle.backtest.occurrence import Occurrence, Strength
from payment_bundle.backtest.series import Series
from payment_bundle.backtest.world import World
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_catalog.severities import Priority
from payment_catalog.slos import objectives

FLOW_KINDS = (*availability.KINDS, *errors.KINDS, *slowness.KINDS, *business.KINDS)
LEVELS = [pytest.param(kind, strength, id=f"{kind.name}-{strength}") for kind in FLOW_KINDS for strength in kind.levels]
BEGINS = {Hours.QUIET: 2.0, Hours.BUSY: 11.0, Hours.OFFICE: 11.0, Hours.ANY: 14.0}


@dataclass(frozen=True)
class Figures:
    """What the service's own counters say of a time."""

    payments: float
    failed: float
    server_errors: float
    slow: float
    revenue: float
    refunds: float


@cache
def undisturbed() -> list[Series]:
    world = World.healthy(setting())
    return list(world.flow.publish(world))


@cache
def usual(start: int, stop: int) -> Figures:
    return figures(undisturbed(), slice(start, stop))


def during(kind: Kind, strength: Strength) -> tuple[Figures, Figures, list[Series], slice]:
    """Return the figures of the incident and those of the same time without it."""
    found, level = setting(), kind.levels[strength]
    when = span(found, 2, BEGINS[level.hours], level.duration.total_seconds() / 60)
    world = World.healthy(found)
    level.strike(world, when, found.rng("test"))
    series = list(world.flow.publish(world))
    return figures(series, when), usual(when.start, when.stop), series, when


def figures(series: list[Series], when: slice) -> Figures:
    payments = counted(series, "payments_total", when)
    failed = counted(series, "payments_total", when, lambda labels: labels["status"] == "failed")
    requests = counted(series, "http_requests_total", when)
    broken = counted(series, "http_requests_total", when, lambda labels: labels["code"].startswith("5"))
    duration = "http_request_duration_seconds_bucket"
    answered = counted(series, duration, when, lambda labels: labels["le"] == "+Inf")
    quick = counted(series, duration, when, lambda labels: labels["le"] == "0.2")
    return Figures(
        payments,
        failed / payments if payments > 20 else 0,
        broken / requests if requests else 0,
        1 - quick / answered if answered else 0,
        counted(series, "business_revenue_minor_units_total", when),
        counted(series, "business_refunds_total", when),
    )


@pytest.mark.parametrize(("kind", "strength"), LEVELS)
def test_priorities_and_budgets_follow_the_runbooks_limits(kind: Kind, strength: Strength) -> None:
    found, before, _, _ = during(kind, strength)
    level = kind.levels[strength]
    bad = (found.failed, found.server_errors, found.slow)
    spent = {one.key for one, share in zip(objectives(Settings()), bad, strict=True) if share > one.error_budget}
    assert spent == level.spends
    if level.priority is None:
        assert found.payments > 0.6 * before.payments
        assert 0.5 < found.revenue / before.revenue < 3
        assert found.refunds < 0.05 * found.payments
    if level.priority is Priority.P0:
        assert found.revenue < 0.02 * before.revenue
    elif found.revenue == 0 and level.hours is Hours.BUSY:
        assert level.priority is Priority.P1


def one(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def test_gateway_errors_fail_payments_and_open_the_breaker() -> None:
    found, before, series, when = during(one("gateway-errors"), Strength.SEVERE)
    assert before.failed < 0.02
    assert found.failed > 0.25
    states = [part.values[when] for part in series if part.name == "fiuu_circuit_breaker_state"]
    assert np.max(states) == 1


def test_too_many_refunds_show_in_the_database() -> None:
    found, before, _, _ = during(one("refunds"), Strength.SEVERE)
    assert found.refunds > 10 * before.refunds


def test_a_missing_method_is_missing_alone() -> None:
    _, _, series, when = during(one("method-missing"), Strength.SEVERE)
    of_fpx = counted(series, "business_payments_total", when, lambda labels: labels["method"] == "fpx")
    of_card = counted(series, "business_payments_total", when, lambda labels: labels["method"] == "card")
    assert of_fpx == 0 < of_card


def test_amounts_change_revenue_and_nothing_else() -> None:
    found, before, _, _ = during(one("amounts-too-small"), Strength.SEVERE)
    assert found.revenue < 0.1 * before.revenue
    assert found.payments == before.payments


def test_payments_that_are_lost_were_answered() -> None:
    found, _, series, when = during(one("payments-not-processed"), Strength.OUTAGE)
    assert found.payments < 5
    assert counted(series, "http_requests_total", when, lambda labels: labels["code"] == "202") > 1000


def test_there_are_enough_kinds_and_each_name_is_one() -> None:
    assert len(KINDS) >= 30
    names = [*(kind.name for kind in KINDS), *(look_alike.name for look_alike in LOOK_ALIKES)]
    assert len(set(names)) == len(names)


def test_every_alert_that_is_to_detect_something_exists() -> None:
    known = {alert.name for group in alert_groups(build_catalog(Settings())) for alert in group.alerts}
    for kind in KINDS:
        for level in kind.levels.values():
            assert (kind.alerts if level.alerts is None else level.alerts) <= known, kind.name


def test_what_happens_is_the_same_whatever_else_happens() -> None:
    found = setting()
    start = found.timeline.start + 2 * 24 * 3600
    blip = Occurrence("errors-blip", start, start + 60)
    bot = Occurrence("slow-bot", start + 7200, start + 9000)
    alone, both = World.healthy(found), World.healthy(found)
    unfold(alone, [bot])
    unfold(both, [blip, bot])
    np.testing.assert_array_equal(alone.flow.bots_served, both.flow.bots_served)
    assert both.flow.server_errors.max() > 0.1 > alone.flow.server_errors.max()
