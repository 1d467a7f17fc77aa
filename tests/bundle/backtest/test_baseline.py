"""The plain alerts that ours are compared with are the runbook's limits, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from backtest_story import CATALOG, GROUPS

from payment_alerts.groups import recordings
from payment_bundle.backtest.baseline import baseline, is_baseline
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

ALERTS = {alert.name: alert for alert in baseline(CATALOG).alerts}


def test_each_limit_of_the_runbook_is_an_alert() -> None:
    ends = sorted(alert.expr.rsplit(" ", 2)[-2:] for alert in ALERTS.values())
    assert ends == sorted(
        [
            *(["<", "0.95"], [">", "0.2"], [">", "0.5"], [">", "0.01"], [">", "0.05"], [">", "0"], [">", "0.05"]),
            *([">", "0.7"], [">", "0.8"], [">", "0.85"], [">", "10"], [">", "5"], ["==", "0"]),
        ]
    )


def test_only_the_security_alerts_wait_as_the_runbook_says() -> None:
    waiting = {name: alert.pending for name, alert in ALERTS.items() if alert.pending}
    assert waiting == {
        "PlainHighFailedAuthRate": timedelta(minutes=2),
        "PlainSuspiciousAPIAccess": timedelta(minutes=1),
    }


def test_expressions_read_what_the_bundle_records() -> None:
    declared = CATALOG.declared(recordings(GROUPS))
    assert {name: analyse(alert.expr, declared).problems for name, alert in ALERTS.items()} == dict.fromkeys(ALERTS, ())


def test_no_name_is_taken() -> None:
    ours = {alert.name for group in GROUPS for alert in group.alerts}
    assert all(map(is_baseline, ALERTS))
    assert not any(map(is_baseline, ours))


def test_limits_are_those_of_the_settings() -> None:
    changed = build_catalog(Settings(thresholds={ThresholdKey.ERROR_RATIO: Levels(warning=None, critical=0.2)}))
    names = {alert.name for alert in baseline(changed).alerts}
    assert "PlainErrorRatioAbove0_2" in names
    assert not names & {"PlainErrorRatioAbove0_01", "PlainErrorRatioAbove0_05"}
