"""What silences what, by a real Alertmanager with the generated configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sockets import free_port
from waiting import wait_until

from payment_alerts.alertmanager import CONFIGURATION, alertmanager
from payment_alerts.groups import alert_groups
from payment_alerts.inhibitions import CONSEQUENCES, LEVELS, STANDSTILL
from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Levels, Settings
from payment_catalog.thresholds import THRESHOLDS, Side, ThresholdKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Every level of every threshold, so that every alert is there.
SETTINGS = Settings(
    thresholds={
        key: Levels(
            warning=threshold.maximum * 0.5 if threshold.bad is Side.ABOVE else 0.9,
            critical=threshold.maximum * 0.9 if threshold.bad is Side.ABOVE else 0.5,
        )
        for key, threshold in THRESHOLDS.items()
        if key is not ThresholdKey.CIRCUIT_BREAKER_STATE
    }
    | {ThresholdKey.CIRCUIT_BREAKER_STATE: Levels(warning=0, critical=0.5)}
)
CATALOG = build_catalog(SETTINGS)
GROUPS = alert_groups(CATALOG)
ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("inhibition")
    for path, content in render_all(alertmanager(CATALOG, GROUPS)).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    address = f"127.0.0.1:{free_port()}"
    command = (
        find_programs().alertmanager,
        f"--config.file={directory / CONFIGURATION}",
        f"--storage.path={directory}/data",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    )
    child = start("alertmanager", command, {"PATH": os.environ["PATH"]}, directory / "alertmanager.log")
    try:
        child.wait_ready(f"http://{address}/-/ready", 60)
        yield f"http://{address}"
    finally:
        child.stop()


def fires(name: str, place: str, **labels: str) -> dict[str, str]:
    """Return the labels of an alert, in a namespace of its own."""
    own = ALERTS[name].labels(CATALOG)
    return {"alertname": name, "environment": "production", "namespace": place, **own, **labels}


def inhibited(url: str, *alerts: Mapping[str, str]) -> list[bool]:
    """Post the alerts together and return which of them are silenced by another."""
    body = [{"labels": dict(labels)} for labels in alerts]
    requests.post(f"{url}/api/v2/alerts", json=body, timeout=10).raise_for_status()

    def found() -> list[dict[str, Any]]:
        answer = requests.get(f"{url}/api/v2/alerts", timeout=10).json()
        return [item for labels in alerts for item in answer if item["labels"] == labels]

    wait_until("the alerts are there", lambda: len(found()) == len(alerts))
    return [bool(item["status"]["inhibitedBy"]) for item in found()]


@pytest.mark.parametrize("found", [*CONSEQUENCES, *LEVELS], ids=lambda found: found.source)
def test_who_is_told_of_the_one_is_not_told_of_the_other(url: str, found: Any) -> None:
    assert {found.source, *found.targets} <= set(ALERTS)
    for target in found.targets:
        place = f"{found.source}-{target}".lower()
        where = {"job": "payment-service", "instance": "a:1"} if "instance" in found.equal else {}
        assert inhibited(url, fires(found.source, place, **where), fires(target, place, **where)) == [False, True]


@pytest.mark.parametrize(
    ("source", "target", "labels"),
    [
        ("PaymentServiceDown", "ErrorRateCritical", {"environment": "staging"}),
        ("PaymentServiceDown", "HighFailedAuthRate", {}),
        ("PaymentServiceDown", "BackupOverdue", {}),
        ("PaymentServiceDown", "DiskUsageHigh", {}),
        ("DiskUsageCritical", "DiskUsageHigh", {"instance": "another:1"}),
        ("AlertsDropped", "PrometheusStorageFails", {}),
        ("SuspiciousAPIAccess", "HighFailedAuthRate", {}),
        ("ErrorRateCritical", "ApiLatencyHigh", {}),
    ],
)
def test_another_matter_is_told(url: str, source: str, target: str, labels: dict[str, str]) -> None:
    place = f"other-{source}-{target}".lower()
    assert inhibited(url, fires(source, place), fires(target, place, **labels)) == [False, False]


def test_a_standstill_calls_once(url: str) -> None:
    down = fires(STANDSTILL[0], "standstill")
    called = "ServiceOutageEscalatedToL2"
    urgent = fires(called, "standstill", incident="service-unavailable", priority="P0")
    lesser = fires(called, "standstill", incident="high-error-rate", priority="P1")
    assert inhibited(url, down, urgent, lesser) == [False, False, True]


def test_an_escalation_silences_no_alert(url: str) -> None:
    called = fires("ServiceOutageEscalatedToL2", "calm", incident="high-error-rate", priority="P1")
    assert inhibited(url, called, fires("ErrorRateHigh", "calm")) == [False, False]
