import hashlib

import numpy as np
import pytest
from bundle.backtest.simulated import counted, setting, span

from payment_bundle.backtest.areas.flow import Flow
from payment_bundle.backtest.series import Series
from payment_bundle.backtest.setting import Setting
from payment_bundle.backtest.world import World


def flow_series(found: Setting) -> list[Series]:
    world = World.healthy(found)
    return list(world.flow.publish(world))


@pytest.fixture(scope="module")
def healthy() -> list[Series]:
    return flow_series(setting())


def digest(series: list[Series]) -> str:
    found = hashlib.sha256()
    for part in series:
        found.update(repr((part.name, sorted(part.labels.items()))).encode())
        found.update(part.values.tobytes())
    return found.hexdigest()


def test_a_seed_makes_one_history(healthy: list[Series]) -> None:
    assert digest(flow_series(setting())) == digest(healthy)
    assert digest(flow_series(setting(seed=2))) != digest(healthy)


def test_no_two_series_are_one(healthy: list[Series]) -> None:
    names = [(part.name, *sorted(part.labels.items())) for part in healthy]
    assert len(set(names)) == len(names)


def test_counters_count_whole_things_and_never_fall(healthy: list[Series]) -> None:
    for part in healthy:
        if part.name.endswith(("_total", "_bucket", "_count")):
            values = part.values[~np.isnan(part.values)]
            assert np.all(np.diff(values) >= 0), part.name
            assert np.all(values == np.round(values)), part.name


def test_a_counter_falls_only_where_its_process_began_anew() -> None:
    found = setting()
    world = World.healthy(found)
    world.flow.up[1, 5000:5010] = 0
    fell = {
        (part.labels["instance"], int(moment))
        for part in world.flow.publish(world)
        if part.name == "http_request_duration_seconds_count"
        for moment in np.flatnonzero(np.diff(np.nan_to_num(part.values)) < 0) + 1
    }
    assert fell == {(found.service[1].instance, 5000)}


def test_others_have_the_work_of_an_instance_that_is_down() -> None:
    found = setting()
    world = World.healthy(found)
    when = span(found, day=2, hour=12, minutes=60)
    usual = counted(World.healthy(found).flow.publish(world), "payments_total", when)
    world.flow.up[0, when] = 0
    assert counted(world.flow.publish(world), "payments_total", when) == pytest.approx(usual, rel=0.05)


def test_customers_sleep_at_night_and_grow_in_number() -> None:
    found = setting(weeks=4)
    wanted = Flow.healthy(found).wanted
    day, night = span(found, 2, 11, 120), span(found, 2, 3, 120)
    assert 3 < wanted[day].mean() < 6
    assert 0.01 < wanted[night].mean() < 0.1
    week = wanted.size // 4
    assert 1.02 < wanted[3 * week :].mean() / wanted[:week].mean() < 1.3


def test_mornings_of_free_days_are_calmer_than_those_of_working_days() -> None:
    found = setting(weeks=4)
    wanted = Flow.healthy(found).wanted
    free, working = (np.mean([wanted[span(found, 7 * week + day, 9, 120)] for week in range(4)]) for day in (5, 2))
    assert 0.5 * working < free < 0.9 * working


def test_a_quiet_night_has_minutes_without_any_payment(healthy: list[Series]) -> None:
    night = span(setting(), 2, 3, 120)
    payments = sum(np.diff(part.values[night]) for part in healthy if part.name == "payments_total")
    assert np.count_nonzero(payments == 0) > 10


def test_a_healthy_service_keeps_the_runbooks_limits(healthy: list[Series]) -> None:
    day = span(setting(), 2, 8, 720)
    payments = counted(healthy, "payments_total", day)
    succeeded = counted(healthy, "payments_total", day, lambda labels: labels["status"] == "succeeded")
    assert 0.98 < succeeded / payments < 0.99
    requests = counted(healthy, "http_requests_total", day)
    assert counted(healthy, "http_requests_total", day, lambda labels: labels["code"] > "500") < 0.002 * requests
    duration = "http_request_duration_seconds_bucket"
    quick = counted(healthy, duration, day, lambda labels: labels["le"] == "0.15")
    assert quick > 0.95 * counted(healthy, duration, day, lambda labels: labels["le"] == "+Inf")


def test_the_database_counts_the_payments_of_all_instances(healthy: list[Series]) -> None:
    when = span(setting(), 2, 8, 720)
    for status in ("succeeded", "failed"):
        served = counted(healthy, "payments_total", when, lambda labels, status=status: labels["status"] == status)
        stored = counted(
            healthy, "business_payments_total", when, lambda labels, status=status: labels["status"] == status
        )
        assert served == stored > 0
    failures = counted(healthy, "business_payment_failures_total", when)
    assert failures == counted(healthy, "business_payments_total", when, lambda labels: labels["status"] == "failed")
    mean = counted(healthy, "business_revenue_minor_units_total", when) / counted(healthy, "payments_total", when)
    assert 5000 < mean < 8000
