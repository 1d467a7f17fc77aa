"""Time that passes faster: what is divided, what is not, and that Prometheus still reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from payment_alerts.groups import alert_groups
from payment_alerts.promtool import Promtool
from payment_alerts.routes import routes
from payment_alerts.rules import rules
from payment_bundle.drill.pace import Pace, hastened, hastened_expression, hastened_route, scrape_interval
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.durations import parse_duration
from payment_catalog.promql import parse
from payment_catalog.promql_text import write
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
PACE = Pace(60, SECOND)


@pytest.mark.parametrize(
    ("real", "fast"),
    [
        ("rate(x[5m])", "rate(x[5s])"),
        ("rate(x[1m])", "rate(x[4s])"),
        ("rate(x[5m]) > 0.05", "rate(x[5s]) > 0.05"),
        ("sum_over_time(x[1h:1m] offset 2h) / 60", "sum_over_time(x[1m:1s] offset 2m) / 60"),
        ("x offset 7d", "x offset 2h48m"),
        ("max_over_time(x[6h] offset 1d) > 1024", "max_over_time(x[6m] offset 24m) > 1024"),
        ("predict_linear(x[6h], 14400) < 0", "predict_linear(x[6m], 240) < 0"),
        ("time() - max by (job) (x) > 900", "time() - max by (job) (x) > 15"),
        ("min by (job) (x) - time() < 1209600", "min by (job) (x) - time() < 20160"),
        ("time() - x >= 0 or time() - y >= 1800", "time() - x >= 0 or time() - y >= 30"),
        ("histogram_quantile(0.95, x) > 0.5", "histogram_quantile(0.95, x) > 0.5"),
        ('ALERTS_FOR_STATE{alertname="A"} + 300', 'ALERTS_FOR_STATE{alertname="A"} + 5'),
        ('ALERTS_FOR_STATE{alertname="A"} + 60', 'ALERTS_FOR_STATE{alertname="A"} + 4'),
        ("x >= 5 / 300 and x > 1.05 * x offset 30s", "x >= 5 / 5 and x > 1.05 * x offset 500ms"),
        ("deriv(x[6h]) * 86400 > 24", "deriv(x[6m]) * 86400 > 24"),
    ],
)
def test_times_are_divided_and_limits_stay(real: str, fast: str) -> None:
    assert hastened_expression(real, PACE, PACE.speed) == fast


def test_real_time_changes_nothing() -> None:
    groups = alert_groups(build_catalog(Settings()))
    same = hastened(groups, Pace(1, timedelta(seconds=15)))
    for before, after in zip(groups, same, strict=True):
        assert [write(parse(rule.expr)) for rule in before.recordings] == [rule.expr for rule in after.recordings]
        for alert, kept in zip(before.alerts, after.alerts, strict=True):
            assert (kept.pending, kept.keep_firing) == (alert.pending, alert.keep_firing)
            assert kept.expr == write(parse(alert.expr))


@pytest.mark.parametrize("speed", [20, 60, 120])
def test_prometheus_reads_every_rule_at_speed(tmp_path: Path, speed: float) -> None:
    catalog = build_catalog(Settings())
    pace = Pace(speed, SECOND, {"payment-seasons": 30_240, "payment-backups": 1})
    files = []
    for path, content in render_all(rules(catalog, hastened(alert_groups(catalog), pace))).items():
        files.append(tmp_path / path)
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        files[-1].write_bytes(content)
    assert Promtool().check_rules(files) == ()


def test_a_pending_time_is_four_scrapes_at_least_and_none_stays_none() -> None:
    for before, after in zip(*(groups(pace) for pace in (Pace(1, SECOND), PACE)), strict=True):
        assert after == (max(before / 60, 4 * SECOND) if before else before)


def groups(pace: Pace) -> list[timedelta]:
    found = hastened(alert_groups(build_catalog(Settings())), pace)
    return [alert.pending for group in found for alert in group.alerts]


def test_a_group_can_have_a_speed_of_its_own() -> None:
    found = {group.name: group for group in alert_groups(build_catalog(Settings()))}
    backups, leaks = found["payment-backups"], found["payment-leaks"]
    slow, fast = hastened((backups, leaks), Pace(60, SECOND, {"payment-backups": 1, "payment-leaks": 1800}))
    assert slow.alerts[0].pending == backups.alerts[0].pending
    leak = next(alert for alert in fast.alerts if alert.name == "MemoryLeak")
    assert "[12s] offset 48s" in leak.expr
    assert fast.interval is None, "not less often than the others"


def test_messages_wait_less_and_are_never_muted() -> None:
    route = hastened_route({**routes(Settings()), "mute_time_intervals": ["nights"]}, 60)
    assert parse_duration(route["group_interval"]) == 5 * SECOND
    assert "mute_time_intervals" not in route
    watchdog = route["routes"][0]
    assert (watchdog["group_wait"], watchdog["group_interval"]) == ("0s", "1s")


def test_scrapes_are_a_second_apart_at_least() -> None:
    assert scrape_interval(timedelta(seconds=15), 5) == timedelta(seconds=3)
    assert scrape_interval(timedelta(seconds=15), 60) == SECOND
