"""What somebody who looks after the database relies on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payment_catalog.dashboards import Dashboard
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

from .conftest import dashboards


def panel(board: dict[str, Any], title: str) -> dict[str, Any]:
    return next(found for found in board["panels"] if found["title"] == title)


@pytest.mark.parametrize(
    ("key", "title", "alert"),
    [
        (ThresholdKey.SLOW_STATEMENT, "Slowest statement (mean)", "SlowStatementCritical"),
        (ThresholdKey.LONG_QUERY, "Longest query", "LongRunningQueryCritical"),
    ],
)
def test_a_limit_of_which_only_the_critical_level_is_on_is_drawn_and_led_from(
    key: ThresholdKey, title: str, alert: str
) -> None:
    settings = Settings(thresholds={key: Levels(warning=None, critical=120)})
    found = panel(dashboards(settings)[Dashboard.DATABASE], title)
    steps = found["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"color": "green", "value": None}, {"color": "red", "value": 120}]
    assert [link["title"] for link in found["links"]] == [f"Runbook: {alert}"]


def test_the_table_says_of_every_table_whether_it_needs_a_vacuum(boards: dict[Dashboard, dict[str, Any]]) -> None:
    tables = panel(boards[Dashboard.DATABASE], "Tables")
    (column,) = (
        override["properties"]
        for override in tables["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == "Needs vacuum"
    )
    properties = {found["id"]: found["value"] for found in column}
    words = {value: option["text"] for value, option in properties["mappings"][0]["options"].items()}
    assert words == {"0": "no", "1": "yes"}
    assert " or " in tables["targets"][4]["expr"]


def test_without_postgresql_or_redis_a_panel_says_so_instead_of_no_data(
    boards: dict[Dashboard, dict[str, Any]],
) -> None:
    for found in boards[Dashboard.DATABASE]["panels"]:
        expressions = json.dumps(found.get("targets", []))
        said = found.get("fieldConfig", {}).get("defaults", {}).get("noValue", "")
        if "redis_" in expressions:
            assert said in {"no Redis", "no limit set", "no look-up"}
        elif "database_locks" in expressions or "database_table" in expressions or "database_conn" in expressions:
            assert said == "no PostgreSQL"
