"""Inhibition by the real Alertmanager: of any two alerts, the one that says nothing more is left out, and no other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import requests
from alerts.every_level import EVERY_LEVEL
from sockets import free_port
from waiting import wait_until

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.inhibitions import CONSEQUENCES, LEVELS, STANDSTILL
from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.escalation import EscalationLevel, Team
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import WebhookContact
from payment_catalog.settings.objectives import Levels
from payment_catalog.severities import Priority
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_alerts.alert import Alert

Labels = dict[str, str]
Identity = tuple[str, ...]

#: Every level of every threshold makes its alert; nobody is told.
SETTINGS = Settings(
    thresholds=EVERY_LEVEL | {ThresholdKey.CIRCUIT_BREAKER_STATE: Levels(warning=0, critical=1)},
    contact_points={
        name: WebhookContact(type="webhook", url="http://127.0.0.1:9/closed") for name in Settings().contact_points
    },
)
CATALOG = build_catalog(SETTINGS)
GROUPS = alert_groups(CATALOG)
ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts if not alert.extra_labels}
INHIBITIONS = (*CONSEQUENCES, *LEVELS)
WANTED = {(found.source, target) for found in INHIBITIONS for target in found.targets}
SOURCES = sorted({found.source for found in INHIBITIONS})


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """The running program."""

    url: str

    def inhibited(self, alerts: Iterable[Labels]) -> set[Identity]:
        """Send ``alerts`` and return those that Alertmanager inhibits.

        It hears of them in order: once it inhibits the last of two more, it has heard of all.
        """
        witnesses = f"witness-{uuid4()}"
        sent = [*alerts, *(firing(ALERTS[name], witnesses) for name in ("PaymentServiceDown", "ErrorRateHigh"))]
        body = [{"labels": labels} for labels in sent]
        requests.post(f"{self.url}/alerts", json=body, timeout=30).raise_for_status()
        found: set[Identity] = set()

        def heard() -> bool:
            answer = requests.get(f"{self.url}/alerts", params={"active": "false"}, timeout=60).json()
            found.update(identity(alert["labels"]) for alert in answer if alert["status"]["inhibitedBy"])
            return identity(sent[-1]) in found

        wait_until("the witness, inhibited", heard, 60, 0.2)
        return found & {identity(labels) for labels in sent[:-2]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    directory = tmp_path_factory.mktemp("alertmanager")
    for path, content in render_all(alertmanager(CATALOG, GROUPS)).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    url = f"http://127.0.0.1:{free_port()}"
    command = (
        find_programs().alertmanager,
        f"--config.file={directory / CONFIGURATION}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    )
    child = start("alertmanager", command, os.environ, directory / "log")
    try:
        child.wait_ready(f"{url}/-/ready", 30)
        yield Alertmanager(f"{url}/api/v2")
    finally:
        child.stop()


def identity(labels: Labels) -> Identity:
    return tuple(labels[name] for name in ("alertname", "environment", "namespace", "priority"))


def firing(alert: Alert, environment: str, **labels: str) -> Labels:
    """Return the labels of ``alert`` as its first scenario makes it fire."""
    own = next(scenario.firing[0] for scenario in alert.scenarios if scenario.firing)
    where = {"alertname": alert.name, "environment": environment, "namespace": "here"}
    return {**{key: str(value) for key, value in own.items()}, **alert.labels(CATALOG), **where, **labels}


def escalation(team: Team, level: EscalationLevel, priority: Priority, environment: str, **labels: str) -> Labels:
    alert = next(
        alert
        for group in GROUPS
        for alert in group.alerts
        if alert.team is team and alert.extra_labels.get("level") == level
    )
    return firing(alert, environment, priority=priority.value, **{"incident": "high-error-rate", **labels})


def test_every_name_is_that_of_an_alert() -> None:
    assert {name for pair in WANTED for name in pair} <= ALERTS.keys()


def test_who_hears_of_the_source_would_have_heard_of_the_target_too() -> None:
    for source, target in WANTED:
        assert ALERTS[source].priority <= ALERTS[target].priority
        assert Team.SECURITY_INCIDENT not in {ALERTS[source].team, ALERTS[target].team}


def test_the_milder_level_of_a_threshold_is_left_out() -> None:
    for worse in (name for name in ALERTS if name.endswith("Critical")):
        stem = worse.removesuffix("Critical")
        mild = {name for name in ALERTS if name in {stem, f"{stem}High", f"{stem}Low"}}
        assert mild, worse
        assert {(worse, name) for name in mild} <= WANTED


def test_of_two_alerts_only_what_says_nothing_more_is_left_out(running: Alertmanager) -> None:
    alerts, expected = [], set()
    for source, other in product(SOURCES, ALERTS):
        both = {name: firing(ALERTS[name], f"{source}-{other}") for name in (source, other)}
        alerts += both.values()
        expected |= {identity(both[target]) for cause, target in WANTED if {cause, target} == {source, other}}
    assert running.inhibited(alerts) == expected


def test_alerts_that_explain_nothing_leave_out_nothing(running: Alertmanager) -> None:
    assert not running.inhibited(firing(alert, "quiet") for name, alert in ALERTS.items() if name not in SOURCES)


def test_what_happens_elsewhere_is_not_left_out(running: Alertmanager) -> None:
    down, errors = ALERTS["PaymentServiceDown"], ALERTS["ErrorRateHigh"]
    worse, milder = ALERTS["DiskUsageCritical"], ALERTS["DiskUsageHigh"]
    alerts = [
        *(firing(down, "namespaces"), firing(errors, "namespaces", namespace="another")),
        *(firing(worse, "disks", mountpoint="/a"), firing(milder, "disks", mountpoint="/b")),
        *(firing(worse, "hosts", instance="a:1"), firing(milder, "hosts", instance="b:1")),
        *(firing(worse, "environment"), firing(milder, "another-environment")),
    ]
    assert not running.inhibited(alerts)


@pytest.mark.parametrize("cause", STANDSTILL)
def test_at_a_standstill_nobody_is_called_for_less(running: Alertmanager, cause: str) -> None:
    alerts, expected = [], set()
    for team, level, priority in product(Team, EscalationLevel, Priority):
        called = escalation(team, level, priority, f"{cause}-{team}-{level}-{priority}")
        alerts += [firing(ALERTS[cause], called["environment"]), called]
        if team in {Team.SERVICE_OUTAGE, Team.PERFORMANCE_ISSUE} and priority is not Priority.P0:
            expected.add(identity(called))
    assert running.inhibited(alerts) == expected


def test_the_most_urgent_escalation_is_the_one_that_calls(running: Alertmanager) -> None:
    each = list(product(Team, EscalationLevel, Priority))
    expected = {identity(escalation(*one, "all-at-once")) for one in each if one[2] is not Priority.P0}
    assert running.inhibited(escalation(*one, "all-at-once") for one in each) == expected


def test_an_escalation_leaves_out_no_other_level_team_or_incident(running: Alertmanager) -> None:
    level, lower = EscalationLevel
    alerts = [
        *(
            escalation(Team.DATA_ISSUE, level, Priority.P0, "levels"),
            escalation(Team.DATA_ISSUE, lower, Priority.P1, "levels"),
        ),
        *(
            escalation(Team.DATA_ISSUE, level, Priority.P0, "teams"),
            escalation(Team.SECURITY_INCIDENT, level, Priority.P1, "teams"),
        ),
        *(
            escalation(Team.DATA_ISSUE, level, Priority.P0, "incidents"),
            escalation(Team.DATA_ISSUE, level, Priority.P1, "incidents", incident="data-loss"),
        ),
        *(
            escalation(Team.DATA_ISSUE, level, Priority.P0, "alerts"),
            firing(ALERTS["RefundRateHigh"], "alerts", incident="high-error-rate"),
        ),
    ]
    assert not running.inhibited(alerts)
