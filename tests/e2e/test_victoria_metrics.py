"""VictoriaMetrics evaluates the rules over remote-written data, with the same alerts as Prometheus.

Compared are all alerts that a history can judge, each by all its labels (the rule's and those of its result): which
fire at all, and at which evaluations. What one engine alone finds within ``STEPS`` evaluations of what both find is not
counted: the engines compute rates differently, and a limit is passed an evaluation sooner or later. What differs by
more is named in ``DIFFERENT`` with the reason. ``keep_firing_for``, which vmalert 1.79 lacks, is left out on both
sides, and so are the escalations, which read what a live evaluation has written down.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from e2e.two_engines import Happening, Past, alert_of, compare, differences

from payment_alerts.anomaly.anomaly_alerts import anomaly_alerts
from payment_alerts.groups import alert_groups, recordings
from payment_bundle.backtest.kinds import KINDS
from payment_bundle.backtest.setting import Setting
from payment_bundle.backtest.timeline import Timeline
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from e2e.two_engines import Compared

    from payment_bundle.backtest.kinds.kind import Kind

#: Evaluations, a minute apart.
STEPS = 2
_LATER = "it counts what a counter grew by while nobody scraped it, as soon as somebody does again"
_SOONER = (
    "after a gap its rate climbs for five minutes, and bad events seem to become more: it fires sooner for a while"
)
DIFFERENT = {
    "ContainerOutOfMemory": f"VictoriaMetrics: {_LATER}",
    "RedisRejectsConnections": f"VictoriaMetrics: {_LATER}",
    "RuleEvaluationsMissed": "VictoriaMetrics: its window begins a scrape earlier, so that single events hang together",
    "ErrorRateCritical": f"Prometheus: {_SOONER}",
    "ErrorRateHigh": f"Prometheus: {_SOONER}",
    "LatencyErrorBudgetBurnSlow": "both: over a day a share changes so slowly that it passes a limit minutes apart",
}
#: Share of all evaluations at which an alert fires that may differ.
MOST_DIFFERENT = 0.01


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Every kind of incident that needs no long history, at its worst, one every nine minutes."""
    setting = Setting.of(Settings(), Timeline(1, resolution=60), seed=1)
    kinds = [kind for kind in KINDS if not kind.after and lasts(kind) <= timedelta(hours=6)]
    happenings = [Happening(kind, 1.5 + 0.15 * number) for number, kind in enumerate(kinds)]
    catalog = build_catalog(setting.settings)
    past = Past(setting, happenings, hours=19, forgotten=18.5)
    return compare(catalog, alert_groups(catalog), past, tmp_path_factory.mktemp("hours"))


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """What is unusual after two weeks: the incidents that are told by a comparison with the weeks before."""
    setting = Setting.of(Settings(), Timeline(3, resolution=60), seed=1)
    catalog = build_catalog(setting.settings)
    unusual = {alert.name for group in anomaly_alerts(catalog) for alert in group.alerts}
    kinds = [kind for kind in KINDS if kind.after and kind.alerts & unusual]
    happenings = [Happening(kind, 14 * 24 + 1 + 1.7 * number) for number, kind in enumerate(kinds)]
    groups = [
        replace(group, alerts=tuple(alert for alert in group.alerts if alert.name in unusual))
        for group in alert_groups(catalog)
    ]
    past = Past(setting, happenings, hours=14 * 24 + 15)
    return compare(catalog, groups, past, tmp_path_factory.mktemp("weeks"))


def lasts(kind: Kind) -> timedelta:
    return [*kind.levels.values()][-1].duration


def test_the_same_alerts_fire_with_the_same_labels(hours: Compared) -> None:
    assert len(hours.judged) > 120
    assert len(hours.fired) > 95
    assert set(hours.victoria) == set(hours.prometheus)


def test_they_fire_at_the_same_time_but_for_those_that_are_named(hours: Compared) -> None:
    found = differences(hours, STEPS)
    assert set(found) <= set(DIFFERENT)
    assert sum(found.values()) < MOST_DIFFERENT * sum(map(len, hours.prometheus.values()))


@pytest.mark.parametrize(
    "kind",
    ["rate(", "increase(", "histogram_quantile(", "predict_linear(", "absent(", " offset ", "changes(", "h:5m]"],
)
def test_every_kind_of_expression_is_among_what_fires(hours: Compared, kind: str) -> None:
    catalog = build_catalog(Settings())
    groups = alert_groups(catalog)
    recorded = {rule.record: rule.expr for rule in recordings(groups)}

    def written_out(expression: str) -> str:
        read = analyse(expression, {}).selected & set(recorded)
        return " ".join((expression, *(written_out(recorded[name]) for name in read)))

    fired = [alert.expr for group in groups for alert in group.alerts if alert.name in hours.fired]
    assert any(kind in written_out(expression) for expression in fired)


def test_what_nobody_says_is_down_and_is_not_there_is_missed_by_both(hours: Compared) -> None:
    gone = [key for key in hours.prometheus if alert_of(key) == "PaymentExporterDown" and "instance" not in dict(key)]
    assert gone
    last = hours.grid.start + (hours.grid.size - 1) * hours.grid.step
    assert all(last in found[key] for found in (hours.prometheus, hours.victoria) for key in gone)


def test_what_is_unusual_after_two_weeks_is_so_for_both(weeks: Compared) -> None:
    assert len(weeks.fired) >= 6
    assert set(weeks.victoria) == set(weeks.prometheus)
    assert not differences(weeks, STEPS)
