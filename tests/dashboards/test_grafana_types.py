"""Dashboards in the types that Grafana publishes."""

from __future__ import annotations

from dashboards.good_dashboard import good_dashboard
from dashboards.grafana_types import lost_fields


def test_a_dashboard_passes_through_grafanas_types_unchanged() -> None:
    assert lost_fields(good_dashboard()) == []


def test_a_field_that_grafana_does_not_know_is_found_where_it_stands() -> None:
    dashboard = good_dashboard()
    dashboard["panels"][1]["options"]["legend"]["place"] = "bottom"
    dashboard["panels"][2]["options"]["colourMode"] = "background"
    dashboard["annotations"]["list"][1]["colour"] = "red"
    assert lost_fields(dashboard) == [
        ".annotations.list.1.colour",
        ".panels.1.options.legend.place",
        ".panels.2.options.colourMode",
    ]
