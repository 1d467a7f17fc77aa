"""What somebody relies on who has to restore the database at night."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from payment_catalog.dashboards import Dashboard
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Recovery
from payment_catalog.settings.storage import Backups

from .conftest import dashboards


def panel(board: dict[str, Any], title: str) -> dict[str, Any]:
    return next(found for found in board["panels"] if found["title"] == title)


def limits(found: dict[str, Any]) -> set[float]:
    return {step["value"] for step in found["fieldConfig"]["defaults"]["thresholds"]["steps"]} - {None}


def test_the_objectives_of_the_settings_are_the_limits_and_the_words() -> None:
    settings = Settings(
        recovery=Recovery(point_objective=timedelta(minutes=30), time_objective=timedelta(hours=2)),
        backups=Backups(directory="/srv/dumps"),
    )
    board = dashboards(settings)[Dashboard.BACKUP]
    assert limits(panel(board, "Newest backup")) == limits(panel(board, "Age of the newest backup")) == {1800}
    assert limits(panel(board, "A restore takes")) == {7200}
    assert "30m" in panel(board, "Newest backup")["description"]
    note = panel(board, "Is the database lost?")["options"]["content"]
    assert "`/srv/dumps`" in note
    assert "within 2h" in note


def test_what_the_exporter_was_told_as_rto_is_a_dashed_bound(boards: dict[Dashboard, dict[str, Any]]) -> None:
    found = panel(boards[Dashboard.BACKUP], "Duration of a restore")
    value, bound = found["targets"]
    assert "backup_restore_duration_seconds" in value["expr"]
    assert "backup_recovery_time_objective_seconds" in bound["expr"]
    (override,) = found["fieldConfig"]["overrides"]
    assert override["matcher"]["options"] == bound["legendFormat"] == "RTO"


def test_what_never_happened_is_said_in_words(boards: dict[Dashboard, dict[str, Any]]) -> None:
    said = {
        found["title"]: found["fieldConfig"]["defaults"]["noValue"]
        for found in boards[Dashboard.BACKUP]["panels"]
        if "fieldConfig" in found
    }
    assert said["Last verification"] == "never verified"
    assert said["Last failover test"] == "never tested"
    assert said["Passed before"] == "never passed"
