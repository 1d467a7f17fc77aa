"""The dashboard of whoever is on call: nothing of its alerts is left out, and its figures mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dashboards.panel_answers import answers

from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings
from payment_dashboards.board import grafana_dashboard
from payment_dashboards.boards.on_call import on_call
from payment_dashboards.kit import Kit
from payment_dashboards.panels.note import Note
from payment_dashboards.panels.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from payment_dashboards.board import Board
    from payment_dashboards.panels.panel import Panel


def kit(settings: Settings) -> Kit:
    catalog = build_catalog(settings)
    return Kit(catalog, watching(alert_groups(catalog)))


def panels(board: Board) -> dict[str, Panel]:
    return {panel.title: panel for row in board.rows for panel in row.panels if not isinstance(panel, Note)}


OURS = kit(Settings())
PANELS = panels(on_call(OURS))
ALERT = (
    'environment="production", namespace="payment-service", severity="critical", priority="P1", team="service-outage"'
)


def queries(title: str) -> list[str]:
    return [query.expr for query in PANELS[title].queries]


def test_the_page_of_every_alert_is_at_hand() -> None:
    linked = {link.title for panel in PANELS.values() for link in panel.links}
    assert {f"Runbook: {alert.name}" for alert in OURS.watching.of(Dashboard.ON_CALL)} <= linked


def test_where_nobody_is_called_there_is_no_row_on_escalation() -> None:
    settings = Settings()
    quiet = {name: place.model_copy(update={"page": False}) for name, place in settings.environments.items()}
    made = kit(settings.model_copy(update={"environments": quiet}))
    shown = panels(on_call(made))
    assert PANELS.keys() - shown.keys() == {
        "Incidents",
        "Incidents and their escalation",
        "How long incidents go on",
        "Who was called in addition",
    }
    declared = made.catalog.declared(made.watching.recordings)
    for panel in shown.values():
        for query in panel.queries:
            assert analyse(query.expr, declared).problems == (), panel.title


@pytest.mark.parametrize("title", ["Watchdog", "Monitoring up", "Alerts that fire", "Messages"])
def test_a_chosen_environment_hides_neither_the_monitoring_nor_what_belongs_to_none(title: str) -> None:
    made = grafana_dashboard(on_call(OURS), OURS, OURS.catalog.declared(OURS.watching.recordings))
    (panel,) = (found for found in made["panels"] if found["title"] == title)
    for target in panel["targets"]:
        selectors = target["expr"].count("{")
        assert selectors
        assert target["expr"].count('environment=~"$environment|monitoring|", namespace=~"$namespace|"') == selectors


@pytest.mark.parametrize(
    ("priority", "team", "left"),
    [
        ("P0", "service-outage", (0, 20 * 60)),
        ("P1", "service-outage", (20 * 60, 50 * 60)),
        ("P1", "security-incident", (5 * 60, 20 * 60)),
        ("P1", "data-issue", (50 * 60, 170 * 60)),
        ("P3", "performance-issue", (24 * 3600 - 600, 25 * 3600 - 600)),
    ],
)
def test_an_incident_of_ten_minutes_is_escalated_after_the_runbooks_times(
    tmp_path: Path, priority: str, team: str, left: tuple[float, float]
) -> None:
    labels = f'environment="production", namespace="a", incident="i", team="{team}", priority="{priority}"'
    series = {f"incident:firing_since_seconds:min{{{labels}}}": "3000x60"}
    found = [answers(tmp_path, series, query) for query in queries("Incidents and their escalation")]
    assert found == [{(): 600}, {(): left[0]}, {(): left[1]}]


def test_the_table_of_noise_counts_beginnings(tmp_path: Path) -> None:
    """One alert fires twice, after five and after two minutes, for ten and for three; another one is only pending."""
    pending, firing = (f'ALERTS{{alertname="A", {ALERT}, alertstate="{state}"}}' for state in ("pending", "firing"))
    series = {
        pending: "_x9 1x4 stale _x14 1x1 stale _x40",
        firing: "_x14 1x9 stale _x6 1x2 stale _x40",
        f'ALERTS_FOR_STATE{{alertname="A", {ALERT}}}': "_x9 540x14 stale _x4 1740x4 stale _x40",
        f'ALERTS{{alertname="B", {ALERT}, alertstate="pending"}}': "_x20 1x3 stale _x50",
    }
    fired, lasted, late, began = (
        answers(tmp_path, series, query, ("alertname",)) for query in queries("Alerts in this time")
    )
    assert fired == {("A",): 2, ("B",): 0}
    assert lasted == {("A",): 13 * 60, ("B",): 0}
    assert late == {("A",): pytest.approx(210)}
    assert began == {("A",): 2, ("B",): 1}


def test_an_alertmanager_with_another_configuration_stands_out(tmp_path: Path) -> None:
    def server(metric: str, instance: str, job: str = "alertmanager") -> str:
        return f'{metric}{{environment="monitoring", namespace="a", job="{job}", instance="{instance}"}}'

    reloaded, configuration = "alertmanager_config_last_reload_successful", "alertmanager_config_hash"
    series = {
        server("prometheus_config_last_reload_successful", "p", "prometheus"): "0x60",
        **{server(reloaded, instance): "1x60" for instance in "xyz"},
        server(configuration, "x"): "1848167978x60",
        server(configuration, "y"): "1848167978x60",
        server(configuration, "z"): "1848167977x60",
    }
    table = PANELS["Prometheus and Alertmanager"]
    assert isinstance(table, Table)
    found = answers(tmp_path, series, table.queries[1].expr, ("instance",))
    words = {instance: table.columns[3].states[value].word for (instance,), value in found.items()}
    assert words == {"p": "rejected", "x": "in force", "y": "in force", "z": "not the others'"}


def test_a_group_of_rules_has_its_name_only(tmp_path: Path) -> None:
    labels = (
        'environment="monitoring", namespace="a", job="prometheus", instance="p", rule_group="/x/api.yaml;payment-api"'
    )
    series = {
        f"prometheus_rule_group_last_duration_seconds{{{labels}}}": "12x60",
        f"prometheus_rule_group_interval_seconds{{{labels}}}": "15x60",
    }
    found = answers(tmp_path, series, queries("Groups of rules")[0], ("group",))
    assert found == {("payment-api",): pytest.approx(0.8)}
