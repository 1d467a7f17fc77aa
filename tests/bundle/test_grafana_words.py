"""The difference between two dashboards, as a person reads it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_bundle.grafana.command import generated_dashboards
from payment_bundle.grafana.words import differences
from payment_catalog.catalog import build_catalog
from payment_catalog.loading import load_settings
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
DASHBOARD: dict[str, Any] = {
    "uid": "payment-service",
    "title": "Payment service",
    "tags": ["payment", "payobs"],
    "refresh": "30s",
    "templating": {"list": [{"name": "datasource", "query": "prometheus"}, {"name": "job", "multi": True}]},
    "annotations": {"list": [{"name": "Deployments", "iconColor": "blue"}]},
    "panels": [
        {
            "id": number,
            "title": title,
            "type": "timeseries",
            "gridPos": {"x": 0, "y": 8 * number, "w": 24, "h": 8},
            "fieldConfig": {
                "defaults": {
                    "unit": "percentunit",
                    "thresholds": {
                        "mode": "absolute",
                        "steps": [{"color": "green", "value": None}, {"color": "red", "value": 0.05}],
                    },
                }
            },
            "targets": [{"refId": "A", "expr": f"rate(m{number}[5m])", "legendFormat": "{{route}}"}],
        }
        for number, title in enumerate(["Error rate", "Latency", "Traffic"], start=1)
    ],
}


def changed(change: Callable[[dict[str, Any]], object]) -> tuple[str, ...]:
    """Return the differences to a dashboard in Grafana that ``change`` was applied to."""
    there = copy.deepcopy(DASHBOARD)
    change(there)
    return differences(there, DASHBOARD)


def first(dashboard: dict[str, Any]) -> dict[str, Any]:
    panel: dict[str, Any] = dashboard["panels"][0]
    return panel


def steps(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = first(dashboard)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return found


def test_what_grafana_counts_is_no_difference() -> None:
    assert changed(lambda it: it.update(id=7, version=12, iteration=1700000000)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: it.update(refresh="1m"), 'refresh "1m" -> "30s"'),
        (lambda it: it.update(tags=["payment"]), 'tags ["payment"] -> ["payment", "payobs"]'),
        (lambda it: it.pop("refresh"), 'refresh is missing in Grafana; wanted is "30s"'),
        (lambda it: it.update(weekStart=""), 'weekStart is only in Grafana: ""'),
        (lambda it: it["panels"].pop(1), "panel 'Latency': is missing in Grafana"),
        (lambda it: it["panels"].append({"title": "Mine", "type": "text"}), "panel 'Mine': is only in Grafana"),
        (lambda it: steps(it)[1].update(value=0.04), "panel 'Error rate': threshold 0.04 -> 0.05 (red)"),
        (
            lambda it: steps(it).insert(1, {"color": "orange", "value": 0.01}),
            "panel 'Error rate': thresholds green, orange from 0.01, red from 0.05 -> green, red from 0.05",
        ),
        (
            lambda it: first(it)["fieldConfig"]["defaults"].update(unit="short"),
            """panel 'Error rate': unit "short" -> "percentunit\"""",
        ),
        (
            lambda it: first(it)["targets"][0].update(expr="rate(m1[1m])"),
            """panel 'Error rate': query 'A' "rate(m1[1m])" -> "rate(m1[5m])\"""",
        ),
        (
            lambda it: first(it)["targets"][0].update(legendFormat="{{job}}"),
            """panel 'Error rate': query 'A' legendFormat "{{job}}" -> "{{route}}\"""",
        ),
        (
            lambda it: first(it)["targets"].append({"refId": "B", "expr": "up"}),
            "panel 'Error rate': query 'B': is only in Grafana",
        ),
        (lambda it: first(it)["gridPos"].update(w=12), "panel 'Error rate': stands elsewhere"),
        (lambda it: first(it).update(id=9), "panel 'Error rate': has another number"),
        (lambda it: it["templating"]["list"][1].update(multi=False), "variable 'job': multi false -> true"),
        (lambda it: it["templating"]["list"].reverse(), "variables stand in another order"),
        (lambda it: it["annotations"]["list"].clear(), "annotation 'Deployments': is missing in Grafana"),
    ],
)
def test_a_difference_is_named_where_it_is(change: Callable[[dict[str, Any]], object], said: str) -> None:
    assert changed(change) == (said,)


def test_a_panel_more_does_not_make_the_others_look_changed() -> None:
    def insert(dashboard: dict[str, Any]) -> None:
        for panel in dashboard["panels"]:
            panel["id"] += 1
            panel["gridPos"]["y"] += 8
        dashboard["panels"].insert(0, {"title": "Mine", "type": "text", "id": 1, "gridPos": {}})

    assert changed(insert) == (
        "panel 'Mine': is only in Grafana",
        "3 panels stand elsewhere",
        "3 panels have another number",
    )


def test_panels_of_one_title_are_told_apart() -> None:
    def name_alike(dashboard: dict[str, Any]) -> dict[str, Any]:
        alike = copy.deepcopy(dashboard)
        alike["panels"][1]["title"] = "Error rate"
        return alike

    there = name_alike(DASHBOARD)
    there["panels"][1]["type"] = "stat"
    assert differences(there, name_alike(DASHBOARD)) == ("""panel 'Error rate' (2): type "stat" -> "timeseries\"""",)


def test_long_expressions_are_cut_around_the_difference() -> None:
    long = "sum by (route) (rate(http_requests_total{" + ", ".join(f'label{n}="value"' for n in range(40)) + "}[5m]))"

    def with_expression(expression: str) -> dict[str, Any]:
        dashboard = copy.deepcopy(DASHBOARD)
        first(dashboard)["targets"][0]["expr"] = expression
        return dashboard

    (line,) = differences(with_expression(long.replace('label20="value"', 'label20="other"')), with_expression(long))
    assert 'label20=\\"other\\"' in line
    assert 'label20=\\"value\\"' in line
    assert len(line) < 250


def test_a_title_cannot_command_the_terminal() -> None:
    lines = changed(lambda it: it["panels"].append({"title": "\x1b[2J\nMine", "type": "text"})) + changed(
        lambda it: it.update(description="\x1b[2J\x9b")
    )
    assert all(line.isprintable() for line in lines)


def test_a_threshold_of_the_settings_shows_where_it_is_drawn() -> None:
    shipped = generated_dashboards(build_catalog(load_settings(ROOT / "bundle.yaml")))
    stricter = generated_dashboards(
        build_catalog(Settings(thresholds={ThresholdKey.ERROR_RATIO: Levels(warning=0.01, critical=0.04)}))
    )
    lines = differences(shipped["payment-service"], stricter["payment-service"])
    assert "panel 'Error rate': threshold 0.05 -> 0.04 (red)" in lines


KEYS = st.sampled_from(["title", "panels", "links", "targets", "thresholds", "steps", "gridPos", "list", "\x1b"])
VALUES = st.sampled_from([None, False, 0, 0.05, "", "a", "\x1b[2J"])
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
BOARDS = st.dictionaries(KEYS, JSON, max_size=4)


@given(BOARDS, BOARDS)
def test_there_are_words_exactly_where_there_is_a_difference(there: dict[str, Any], wanted: dict[str, Any]) -> None:
    lines = differences(there, wanted)
    assert bool(lines) == (there != wanted)
    assert all(line.isprintable() and line for line in lines)
