"""Which rules a backtest evaluates, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_alerts.groups import alert_groups, recordings
from payment_bundle.backtest.recording_order import can_have_result, order, reads
from payment_catalog.catalog import build_catalog
from payment_catalog.external_metrics import ALERTS
from payment_catalog.settings import Settings
from payment_catalog.signal import RecordingRule

if TYPE_CHECKING:
    from payment_alerts.alert import AlertGroup

GROUPS = alert_groups(build_catalog(Settings()))
TEMPLATE = GROUPS[0]


def group(*rules: RecordingRule, alert: str) -> AlertGroup:
    return replace(TEMPLATE, recordings=rules, alerts=(replace(TEMPLATE.alerts[0], name="Asked", expr=alert),))


def test_every_recording_comes_after_those_that_it_reads() -> None:
    seen: set[str] = set()
    rules = order(GROUPS)
    for level in rules.levels:
        for recording in level:
            assert not recording.reads & (rules.recorded - seen)
        seen |= {recording.rule.record for recording in level}
    assert seen == rules.recorded


def test_every_alert_is_judged_or_left_out_with_a_reason() -> None:
    rules = order(GROUPS)
    alerts = {alert.name for found in GROUPS for alert in found.alerts}
    judged = {found.alert.name for found in rules.alerts}
    assert judged | set(rules.left_out) == alerts
    assert not judged & set(rules.left_out)
    assert "never silent" in rules.left_out["Watchdog"]
    escalations = {name for name, reason in rules.left_out.items() if "its own alerts" in reason}
    assert escalations == {name for name in alerts if "EscalatedTo" in name}


def test_what_judged_alerts_read_is_scraped_or_recorded() -> None:
    rules = order(GROUPS)
    every = {rule.record for rule in recordings(GROUPS)}
    read = {name for found in rules.alerts for name in found.reads}
    read |= {name for level in rules.levels for recording in level for name in recording.reads}
    assert read & every == rules.recorded


def test_what_no_alert_reads_is_not_recorded() -> None:
    one, two, unread = RecordingRule("job:a", "a"), RecordingRule("job:b", "job:a + b"), RecordingRule("job:c", "job:b")
    rules = order((group(unread, two, one, alert="job:b > 1"),))
    assert [[recording.rule for recording in level] for level in rules.levels] == [[one], [two]]


def test_what_reads_itself_or_alerts_is_left_out_with_all_that_reads_it() -> None:
    itself = RecordingRule("job:kept", "job:kept or a")
    after = RecordingRule("job:later", "job:kept + 1")
    assert set(order((group(itself, after, alert="job:later > 1"),)).left_out) == {"Asked"}
    state = RecordingRule("job:state", f"count({ALERTS})")
    assert set(order((group(state, alert="job:state > 1"),)).left_out) == {"Asked"}


def test_a_rule_is_skipped_only_where_it_can_have_no_result() -> None:
    for expression, possible in (
        ("a > 1", False),
        ("sum(rate(a[5m])) or b", True),
        ("absent(a)", True),
        ('absent_over_time(a{job="x"}[5m]) > 0', True),
        ("vector(1)", True),
        ("vector(time()) > 1", True),
        ("a and vector(1)", True),
    ):
        assert can_have_result(expression, {"b", "c"}, reads(expression)) is possible, expression
