"""The saved objects hold together: what refers to something finds it, and shows fields that are mapped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from payment_bundle.rendering import render
from payment_catalog.catalog import build_catalog
from payment_catalog.links import log_board_url, saved_search_url
from payment_catalog.log_streams import LOG_SEARCHES, LogBoard
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Urls
from payment_catalog.vocabulary import LogPattern
from payment_logging.elasticsearch.fields import properties
from payment_logging.kibana import kibana
from payment_logging.kibana.saved_object import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Settings(service="till", urls=Urls(kibana="https://kibana.example.org"))
PATH = "kibana/saved-objects.ndjson"
OBJECTS: list[dict[str, Any]] = [
    json.loads(line) for line in render(PATH, kibana(build_catalog(SETTINGS))[PATH]).decode().splitlines()
]
BOARDS = [each for each in OBJECTS if each["type"] == Kind.BOARD]


def of_kind(kind: Kind) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in OBJECTS if each["type"] == kind}


def test_every_reference_leads_to_an_object_that_stands_before() -> None:
    seen: set[tuple[str, str]] = set()
    for each in OBJECTS:
        assert {(one["type"], one["id"]) for one in each["references"]} <= seen, each["id"]
        seen.add((each["type"], each["id"]))
    assert len(seen) == len(OBJECTS)


def test_no_two_bundles_in_one_kibana_share_an_id() -> None:
    assert all(each["id"].startswith("till-logs") for each in OBJECTS)


def test_each_grep_of_the_runbook_has_its_search_which_its_address_leads_to() -> None:
    searches = of_kind(Kind.SEARCH)
    assert len(searches) == len(LogPattern)
    for pattern in LogPattern:
        address, _, identifier = saved_search_url(SETTINGS, pattern).rpartition("/")
        assert address == "https://kibana.example.org/app/discover#/view"
        source = json.loads(searches[identifier]["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        assert source["query"] == {"query": LOG_SEARCHES[pattern], "language": "kuery"}
        (reference,) = searches[identifier]["references"]
        assert reference["name"] == source["indexRefName"]


def test_both_dashboards_are_where_their_addresses_lead() -> None:
    addresses = {log_board_url(SETTINGS, board) for board in LogBoard}
    assert addresses == {f"https://kibana.example.org/app/dashboards#/view/{each}" for each in of_kind(Kind.BOARD)}


def test_the_data_view_covers_the_data_stream_and_knows_its_time() -> None:
    (view,) = of_kind(Kind.DATA_VIEW).values()
    assert view["attributes"]["title"] == "logs-till-*"
    assert view["attributes"]["timeFieldName"] == "@timestamp"


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board["id"])
def test_panels_fill_the_grid_without_overlapping_and_each_names_its_object(board: dict[str, Any]) -> None:
    panels = json.loads(board["attributes"]["panelsJSON"])
    references = {one["name"]: one for one in board["references"]}
    assert len(references) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert references[f"{panel['panelIndex']}:{panel['panelRefName']}"]["type"] == panel["type"]
        place = panel["gridData"]
        cells = {
            (column, row)
            for column in range(place["x"], place["x"] + place["w"])
            for row in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
    assert len(taken) == 48 * (1 + max(row for _, row in taken))


def columns() -> Iterator[tuple[str, dict[str, Any]]]:
    for identifier, chart in of_kind(Kind.CHART).items():
        (layer,) = chart["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
        assert set(layer["columnOrder"]) == set(layer["columns"])
        for column in layer["columns"].values():
            yield identifier, column


def test_charts_group_and_compute_by_fields_of_the_right_type() -> None:
    mapped = properties()
    types = {"terms": {"keyword"}, "percentile": {"double", "long"}, "date_histogram": {"date"}}
    operations = set()
    for identifier, column in columns():
        operations.add(column["operationType"])
        if column["operationType"] != "count":
            assert mapped[column["sourceField"]]["type"] in types[column["operationType"]], identifier
    assert operations == {*types, "count"}


def test_charts_show_what_their_layers_have() -> None:
    for chart in of_kind(Kind.CHART).values():
        state = chart["attributes"]["state"]
        ((name, layer),) = state["datasourceStates"]["formBased"]["layers"].items()
        assert chart["references"][0]["name"] == f"indexpattern-datasource-layer-{name}"
        shown = state["visualization"]
        if chart["attributes"]["visualizationType"] == "lnsXY":
            (drawn,) = shown["layers"]
            used = [drawn["xAccessor"], drawn["splitAccessor"], *drawn["accessors"]]
        else:
            drawn, used = shown, [column["columnId"] for column in shown["columns"]]
        assert drawn["layerId"] == name
        assert set(used) == set(layer["columns"])


def test_searches_show_fields_that_are_mapped() -> None:
    for search in of_kind(Kind.SEARCH).values():
        assert set(search["attributes"]["columns"]) <= properties().keys()
