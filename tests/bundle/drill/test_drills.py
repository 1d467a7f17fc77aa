"""The drills agree with the alerts, the pages and the rule groups that they speak of."""

from __future__ import annotations

import pytest
from command_line import payobs

from payment_alerts.groups import alert_groups
from payment_bundle.drill.drill import BACKGROUND, Drill
from payment_bundle.drill.drills.every import DRILLS
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

CATALOG = build_catalog(Settings())
GROUPS = alert_groups(CATALOG)
ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts}

each = pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)


def test_every_incident_has_a_drill() -> None:
    assert {drill.name for drill in DRILLS} == {
        *("gateway-errors", "gateway-slow", "gateway-down"),
        *("database-down", "lock-held", "pool-exhausted", "slow-queries", "redis-down"),
        *("memory-leak", "event-loop-blocked", "process-killed", "traffic-stops"),
        *("rate-limit-storm", "brute-force-login", "path-scan", "ddos", "card-data"),
        *("backup-overdue", "backup-corrupt", "disk-filling"),
    }
    assert {drill.incident for drill in DRILLS} == CATALOG.incidents.keys() - {"monitoring-blind"}


@each
def test_its_alerts_are_those_of_the_bundle(drill: Drill) -> None:
    for expected in drill.expected:
        alert = ALERTS[expected.alert]
        assert (alert.team, alert.priority) == (expected.team, expected.priority)
    assert {ALERTS[expected.alert].incident for expected in drill.expected} >= {drill.incident}
    assert drill.alerts <= ALERTS.keys()
    assert not drill.alerts & BACKGROUND


@each
def test_what_must_show_the_cause_is_on_its_page(drill: Drill) -> None:
    incident = CATALOG.incidents[drill.incident]
    commands = [*incident.diagnosis, *(command for cause in incident.causes for command in cause.commands)]
    assert {shows.purpose for shows in drill.shows} <= {command.purpose for command in commands}


@each
def test_the_groups_that_it_hurries_are_there(drill: Drill) -> None:
    assert drill.hurried.keys() <= {group.name for group in GROUPS}


def test_an_unknown_drill_is_a_clear_error() -> None:
    result = payobs("drill", "gateway-donw", "--list")
    assert result.code == 2
    assert "there is no drill 'gateway-donw'; there are gateway-errors, gateway-slow" in result.err


def test_a_dry_run_says_what_would_be_done() -> None:
    result = payobs("drill", "card-data", "--dry-run")
    assert result.code == 0
    assert "CardDataReceived (P2)" in result.out
    assert "security_events_total" in result.out
