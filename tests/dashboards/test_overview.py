"""The dashboard that an on-call engineer opens first."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

import payment_dashboards
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import JsonDocument
from payment_catalog.promql import analyse
from payment_catalog.settings import Levels, Settings
from payment_catalog.thresholds import ThresholdKey
from payment_dashboards.narrowing import narrow


def dashboard(settings: Settings) -> dict[str, Any]:
    document = payment_dashboards.generate(build_catalog(settings))["grafana/dashboards/payment-service.json"]
    assert isinstance(document, JsonDocument)
    content: dict[str, Any] = document.content  # type: ignore[assignment]
    return content


CATALOG = build_catalog(Settings())
DASHBOARD = dashboard(Settings())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}


def test_every_key_metric_of_the_runbook_has_its_panel() -> None:
    assert DASHBOARD["uid"] == "payment-service"
    assert list(PANELS) == [signal.title for signal in CATALOG.signals]


@pytest.mark.parametrize("signal", CATALOG.signals, ids=lambda signal: signal.key)
def test_a_panel_says_what_it_shows(signal: Any) -> None:
    panel = PANELS[signal.title]
    assert panel["description"].startswith(signal.description)
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert len(panel["targets"]) == len(signal.queries)


@pytest.mark.parametrize("signal", CATALOG.signals, ids=lambda signal: signal.key)
def test_a_panel_refers_only_to_what_is_declared(signal: Any) -> None:
    for target in PANELS[signal.title]["targets"]:
        assert analyse(target["expr"], CATALOG.declared()).problems == ()
        assert 'environment=~"$environment"' in target["expr"]


def test_nothing_overlaps_and_nothing_leaves_the_grid() -> None:
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        place = panel["gridPos"]
        return set(
            itertools.product(range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"]))
        )

    taken = [cells(panel) for panel in DASHBOARD["panels"]]
    assert sum(map(len, taken)) == len(set().union(*taken))
    assert {x for places in taken for x, _ in places} == set(range(24))


def test_identifiers_are_unique() -> None:
    identifiers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(identifiers)) == len(identifiers)


def test_grafana_has_nothing_to_migrate() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert {panel["type"] for panel in DASHBOARD["panels"]} <= {"row", "timeseries", "stat"}


def test_a_threshold_of_the_settings_is_the_line_of_the_panel() -> None:
    changed = Settings(thresholds={ThresholdKey.ERROR_RATIO: Levels(warning=0.02)})
    panel = next(panel for panel in dashboard(changed)["panels"] if panel["title"] == "Error rate")
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "orange", "value": 0.02},
        {"color": "red", "value": 0.05},
    ]
    assert panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "dashed"


def test_where_low_is_bad_the_colours_turn_round() -> None:
    steps = PANELS["Payment success rate"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"color": "red", "value": None}, {"color": "green", "value": 0.95}]


def test_a_breaker_shows_words() -> None:
    (mapping,) = PANELS["Circuit breaker state"]["fieldConfig"]["defaults"]["mappings"]
    assert {value: option["text"] for value, option in mapping["options"].items()} == {
        "0": "closed",
        "1": "open",
        "2": "half-open",
    }


def test_the_same_settings_give_the_same_bytes() -> None:
    assert json.dumps(dashboard(Settings())) == json.dumps(DASHBOARD)


@pytest.mark.parametrize(
    ("expression", "narrowed"),
    [
        ("up", 'up{environment=~"$e"}'),
        ('rate(up{job="a"}[5m])', 'rate(up{job="a",environment=~"$e"}[5m])'),
        ("sum by (job) (up) / 2", 'sum by (job)(up{environment=~"$e"}) / 2'),
        ("up offset 5m", 'up{environment=~"$e"} offset 5m'),
    ],
)
def test_an_expression_is_narrowed_to_the_choice(expression: str, narrowed: str) -> None:
    assert narrow(expression, {"environment": "$e"}) == narrowed
