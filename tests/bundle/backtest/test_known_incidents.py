"""A file of incidents that happened is read, or refused with the place and what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from backtest_story import CATALOG, GROUPS

from payment_bundle.backtest.known_incidents import read_known_incidents
from payment_catalog.incident import IncidentKey
from payment_catalog.loading import SettingsError
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.backtest.occurrence import Occurrence

INCIDENT = """\
incidents:
  - start: 2026-11-25T10:00Z
    end: 2026-11-25T10:30Z
    priority: P1
"""


def read(tmp_path: Path, text: str) -> tuple[Occurrence, ...]:
    file = tmp_path / "known.yaml"
    file.write_text(text, encoding="utf-8")
    return read_known_incidents(file, CATALOG, GROUPS)


def test_the_shortest_incident_is_detected_by_any_alert(tmp_path: Path) -> None:
    (found,) = read(tmp_path, INCIDENT)
    assert found.start == datetime(2026, 11, 25, 10, tzinfo=UTC).timestamp()
    assert found.end - found.start == 30 * 60
    assert found.priority is Priority.P1
    assert found.alerts == {alert.name for group in GROUPS for alert in group.alerts}


def test_an_incident_of_the_runbook_is_detected_by_its_alerts(tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{INCIDENT}    incident: ddos-attack\n")
    assert found.incident is IncidentKey.DDOS_ATTACK
    assert found.kind == "ddos-attack"
    assert found.alerts
    assert "ErrorRateCritical" not in found.alerts


def test_named_alerts_and_objectives_are_kept(tmp_path: Path) -> None:
    more = ("title: Gateway out", "incident: high-error-rate", "alerts: [CircuitBreakerOpen]", "spends: [success]")
    (found,) = read(tmp_path, INCIDENT + "".join(f"    {line}\n" for line in more))
    assert (found.kind, found.alerts, found.spends) == ("Gateway out", {"CircuitBreakerOpen"}, {"success"})


def test_incidents_come_in_order_of_time(tmp_path: Path) -> None:
    earlier = "  - {start: 2026-11-24 10:00:00, end: 2026-11-24 12:00:00+01:00, priority: P0}\n"
    first, second = read(tmp_path, INCIDENT + earlier)
    assert first.priority is Priority.P0
    assert first.end - first.start == 3600
    assert second.priority is Priority.P1


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        (INCIDENT.replace("P1", "P7"), 4, "incidents.0.priority", "'P0', 'P1', 'P2' or 'P3'; found 'P7'"),
        (INCIDENT.replace("    priority: P1\n", ""), 2, "incidents.0.priority", "is missing"),
        (INCIDENT.replace("10:30Z", "half past"), 3, "incidents.0.end", "such as 2026-11-25T10:00Z; found '2026-11"),
        (INCIDENT.replace("10:30Z", "10:00Z"), 3, "incidents.0.end", "is not after the start"),
        (f"{INCIDENT}    titel: x\n", 5, "incidents.0.titel", "did you mean 'title'?; allowed are"),
        (f"{INCIDENT}    alerts: [ErrorRateHig]\n", 5, "incidents.0.alerts.0", "did you mean ErrorRateHigh"),
        (f"{INCIDENT}    spends: [sucess]\n", 5, "incidents.0.spends.0", "there are success, availability, latency"),
        (f"{INCIDENT}    incident: fire\n", 5, "incidents.0.incident", "'high-error-rate'"),
        (f"{INCIDENT}    title: ''\n", 5, "incidents.0.title", "at least 1 character"),
        ("incidents: []\n", 1, "incidents", "has no incident"),
        ("", 1, "incidents", "is missing"),
        ("- P1\n", 1, "", "must be a mapping"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, text: str, line: int, key: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert (refused.value.line, refused.value.key) == (line, key)
    assert reason in str(refused.value)
    assert str(tmp_path / "known.yaml") in str(refused.value)
    assert "more)" not in refused.value.reason


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: cannot be read: No such file"):
        read_known_incidents(tmp_path / "nowhere.yaml", CATALOG, GROUPS)
