"""What holds for every dashboard, and what the overview owes to the runbook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from payment_alerts.groups import alert_groups, recordings
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.links import dashboard_url, runbook_url
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.settings.places import Environment
from payment_catalog.thresholds import ThresholdKey
from payment_dashboards.choices import Choice, narrow
from payment_dashboards.layout import Layout

from .conftest import dashboards

if TYPE_CHECKING:
    from collections.abc import Iterator

Boards = dict[Dashboard, dict[str, Any]]

CATALOG = build_catalog(Settings())
GROUPS = alert_groups(CATALOG)
DECLARED = CATALOG.declared(recordings(GROUPS))


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (panel for panel in board["panels"] if panel["type"] not in {"row", "text"})


def panel(board: dict[str, Any], title: str) -> dict[str, Any]:
    return next(found for found in panels(board) if found["title"] == title)


def steps(found: dict[str, Any]) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = found["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return result


@pytest.mark.parametrize("signal", CATALOG.signals, ids=lambda signal: signal.key)
def test_every_key_metric_of_the_runbook_is_on_the_overview_with_its_limits(boards: Boards, signal: Any) -> None:
    found = panel(boards[Dashboard.OVERVIEW], signal.title)
    assert found["description"].startswith(signal.description)
    assert len(found["targets"]) == len(signal.queries)
    levels = {signal.threshold.warning, signal.threshold.critical} - {None} if signal.threshold else set()
    assert {step["value"] for step in steps(found)} - {None} == levels


@pytest.mark.parametrize("dashboard", Dashboard)
def test_every_query_refers_only_to_what_is_declared_and_follows_the_reader(
    boards: Boards, dashboard: Dashboard
) -> None:
    for found in panels(boards[dashboard]):
        for target in found["targets"]:
            assert analyse(target["expr"], DECLARED).problems == (), (found["title"], target["expr"])
            assert "$environment" in target["expr"] or "vector(" in target["expr"] or "monitoring" in target["expr"]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_alert_is_on_the_dashboard_that_its_message_leads_to(boards: Boards, group: Any) -> None:
    board = json.dumps(boards[group.dashboard])
    for alert in group.alerts:
        page = runbook_url(CATALOG.settings, alert.name)
        assert page in board, f"no panel of {group.dashboard} leads to the page of {alert.name}"
        assert alert.annotations(CATALOG, group.dashboard)["dashboard_url"] == dashboard_url(
            CATALOG.settings, group.dashboard
        )


def test_a_threshold_of_the_settings_is_the_line_of_the_panel() -> None:
    changed = Settings(thresholds={ThresholdKey.ERROR_RATIO: Levels(warning=0.02)})
    found = panel(dashboards(changed)[Dashboard.OVERVIEW], "Error rate")
    assert steps(found) == [
        {"color": "green", "value": None},
        {"color": "orange", "value": 0.02},
        {"color": "red", "value": 0.05},
    ]


def test_where_low_is_bad_the_colours_turn_round(boards: Boards) -> None:
    found = panel(boards[Dashboard.OVERVIEW], "Payment success rate")
    assert steps(found) == [{"color": "red", "value": None}, {"color": "green", "value": 0.95}]


def test_a_breaker_shows_words(boards: Boards) -> None:
    mapping, *_ = panel(boards[Dashboard.OVERVIEW], "Circuit breaker")["fieldConfig"]["defaults"]["mappings"]
    words = {value: option["text"] for value, option in mapping["options"].items()}
    assert words == {"0": "closed", "1": "open", "2": "half-open"}


def test_the_same_settings_give_the_same_bytes(boards: Boards) -> None:
    assert json.dumps(dashboards(Settings())) == json.dumps(boards)


@pytest.mark.parametrize(
    ("expression", "narrowed"),
    [
        ("up", 'up{environment=~"$environment"}'),
        ('rate(up{job="a"}[$__rate_interval])', 'rate(up{job="a", environment=~"$environment"}[$__rate_interval])'),
        ("sum by (job) (up) / 2", 'sum by (job) (up{environment=~"$environment"}) / 2'),
        ("up offset 5m", 'up{environment=~"$environment"} offset 5m'),
        ("global_total", "global_total"),
        ("max_over_time(up[$__range])", 'max_over_time(up{environment=~"$environment"}[$__range])'),
    ],
)
def test_a_query_is_narrowed_where_its_series_carry_the_label(expression: str, narrowed: str) -> None:
    declared = {"up": frozenset({"environment", "job"}), "global_total": frozenset({"job"})}
    assert narrow(expression, [Choice("environment", "up")], declared) == narrowed


def test_of_several_environments_each_series_says_its_own(boards: Boards) -> None:
    places = {name: Environment(service=(f"{name}:1",), exporter=(f"{name}:2",)) for name in ("production", "staging")}
    several = dashboards(Settings(environments=places))
    for dashboard, board in several.items():
        for found in panels(board):
            for target in found["targets"]:
                has_environment = "environment" in analyse(target["expr"], DECLARED).labels
                if target["legendFormat"] and has_environment:
                    assert "{{environment}}" in target["legendFormat"], (dashboard, found["title"])
    alone = panel(boards[Dashboard.OVERVIEW], "Top payment methods")["fieldConfig"]["overrides"]
    beside = panel(several[Dashboard.OVERVIEW], "Top payment methods")["fieldConfig"]["overrides"]
    assert {found["matcher"]["id"] for found in alone} == {"byName"}
    assert "/^card( .+)?$/" in {found["matcher"]["options"] for found in beside}


def test_a_panel_that_does_not_fit_beside_the_others_is_refused() -> None:
    layout = Layout()
    layout.place(16, 8)
    with pytest.raises(ValueError, match="does not fit"):
        layout.place(12, 8)
    with pytest.raises(ValueError, match="high stands beside"):
        layout.place(8, 4)


@pytest.mark.parametrize("dashboard", Dashboard)
def test_the_columns_of_a_table_fit_on_a_page_1280_pixels_wide(boards: Boards, dashboard: Dashboard) -> None:
    for found in panels(boards[dashboard]):
        if found["type"] != "table":
            continue
        widths = {
            override["matcher"]["options"]: given["value"]
            for override in found["fieldConfig"]["overrides"]
            for given in override["properties"]
            if given["id"] == "custom.width"
        }
        (renamed,) = (one["options"]["renameByName"] for one in found["transformations"] if one["id"] == "organize")
        # Names are in the columns that share what is left.
        left = found["gridPos"]["w"] / 24 * 1256 - 26 - sum(widths.values())
        assert left >= 120 * len(set(renamed.values()) - widths.keys()), found["title"]
