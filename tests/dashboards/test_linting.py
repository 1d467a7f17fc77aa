"""What the linting says of a broken dashboard: where, what, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from dashboards.good_dashboard import DECLARED, FILE, good_dashboard

from payment_dashboards.linting import dashboard_findings
from payment_dashboards.linting.panel_rules import longest_title
from payment_dashboards.linting.vocabulary import UNITS
from payment_dashboards.units import GRAFANA_UNITS

if TYPE_CHECKING:
    from payment_catalog.findings import Finding

Change = Callable[[dict[str, Any]], object]

OTHER = "grafana/dashboards/payment-other.json"


def text(dashboard: dict[str, Any]) -> bytes:
    return json.dumps(dashboard, indent=2).encode()


def found(dashboard: dict[str, Any], **others: dict[str, Any]) -> tuple[Finding, ...]:
    files = {FILE: text(dashboard)} | {f"grafana/dashboards/{name}.json": text(other) for name, other in others.items()}
    return dashboard_findings(files, DECLARED, only=[FILE])


def panel(dashboard: dict[str, Any], title: str) -> dict[str, Any]:
    found: dict[str, Any] = next(panel for panel in dashboard["panels"] if panel["title"] == title)
    return found


def graph(dashboard: dict[str, Any]) -> dict[str, Any]:
    return panel(dashboard, "Requests")


def defaults(dashboard: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = graph(dashboard)["fieldConfig"]["defaults"]
    return settings


def query(dashboard: dict[str, Any]) -> dict[str, Any]:
    target: dict[str, Any] = graph(dashboard)["targets"][0]
    return target


def variable(dashboard: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in dashboard["templating"]["list"] if item["name"] == name)
    return found


def without(dashboard: dict[str, Any], name: str) -> None:
    dashboard["templating"]["list"].remove(variable(dashboard, name))


def expression(old: str, new: str) -> Change:
    def change(dashboard: dict[str, Any]) -> None:
        assert old in query(dashboard)["expr"]
        query(dashboard)["expr"] = query(dashboard)["expr"].replace(old, new)

    return change


def override(title: str, identifier: str, value: object) -> Change:
    def change(dashboard: dict[str, Any]) -> None:
        panel(dashboard, title)["fieldConfig"]["overrides"][0]["properties"] = [{"id": identifier, "value": value}]

    return change


#: What is broken → (how, the rule, what is named, words of the message).
BROKEN: dict[str, tuple[Change, str, str, str]] = {
    "no uid": (lambda d: d.pop("uid"), "uid-rule", "Payment example", "'payment-example'"),
    "uid is not the file": (lambda d: d.update(uid="example"), "uid-rule", "Payment example", "make them the same"),
    "long uid": (lambda d: d.update(uid="x" * 41), "uid-rule", "Payment example", "at most 40"),
    "uid with a dot": (lambda d: d.update(uid="a.b"), "uid-rule", "Payment example", "letters, digits"),
    "no dashboard title": (lambda d: d.pop("title"), "dashboard-title-rule", "payment-example", "no title"),
    "panel id twice": (lambda d: graph(d).update(id=1), "panel-id-rule", "Requests", "shares the id 1"),
    "no panel id": (lambda d: graph(d).pop("id"), "panel-id-rule", "Requests", "number the panels"),
    "link to no dashboard": (
        lambda d: d["links"][0].update(url="/d/payment-nothing?var-job=$job"),
        "dashboard-link-rule",
        "Example",
        "'payment-nothing', which is not among payment-example",
    ),
    "panel links to no dashboard": (
        lambda d: defaults(d)["links"][0].update(url="https://grafana.example/g/d/payment-nothing/x"),
        "dashboard-link-rule",
        "Requests",
        "'payment-nothing'",
    ),
    "old field of the dashboard": (
        lambda d: d.update(sharedCrosshair=True),
        "field-rule",
        "Payment example",
        "graphTooltip",
    ),
    "old field of a panel": (lambda d: graph(d).update(span=6), "field-rule", "Requests", "gridPos"),
    "misspelt field": (lambda d: graph(d).update(targtes=[]), "field-rule", "Requests", "did you mean 'targets'?"),
    "misspelt setting": (lambda d: defaults(d).update(decimal=1), "field-rule", "Requests", "did you mean 'decimals'?"),
    "field of a query": (lambda d: query(d).update(step=30), "field-rule", "Requests", "set 'interval'"),
    "field of a variable": (
        lambda d: variable(d, "job").update(useTags=False),
        "field-rule",
        "variable job",
        "remove it",
    ),
    "field of a row": (lambda d: d["panels"][0].update(targets=[]), "field-rule", "Is it healthy?", "'targets'"),
    "null": (lambda d: graph(d).update(interval=None), "field-rule", "Requests", "leave the field out"),
    "time options": (
        lambda d: d.update(timepicker={"time_options": ["5m"]}),
        "field-rule",
        "Payment example",
        "'time_options'",
    ),
    "old schema": (lambda d: d.update(schemaVersion=37), "schema-version-rule", "Payment example", "make it 39"),
    "future schema": (lambda d: d.update(schemaVersion=99), "schema-version-rule", "Payment example", "to 42"),
    "refresh is no text": (lambda d: d.update(refresh=30), "schema-version-rule", "Payment example", "'30s'"),
    "old panel": (lambda d: graph(d).update(type="graph"), "panel-type-rule", "Requests", "make it 'timeseries'"),
    "unknown panel": (lambda d: graph(d).update(type="clock"), "panel-type-rule", "Requests", "not on board"),
    "old legend": (
        lambda d: graph(d)["options"]["legend"].pop("showLegend"),
        "legend-rule",
        "Requests",
        "without showLegend",
    ),
    "legend as a flag": (lambda d: graph(d)["options"].update(legend=True), "legend-rule", "Requests", "showLegend"),
    "hidden legend": (
        lambda d: graph(d)["options"]["legend"].update(displayMode="hidden"),
        "legend-rule",
        "Requests",
        "set showLegend to false",
    ),
    "old cells": (
        override("Firing alerts", "custom.displayMode", "color-background"),
        "field-config-rule",
        "Firing alerts",
        "custom.cellOptions",
    ),
    "hidden from the graph only": (
        override("Requests", "custom.hideFrom", {"viz": True}),
        "field-config-rule",
        "Requests",
        "custom.hideFrom.tooltip",
    ),
    "old mapping": (
        lambda d: defaults(d).update(mappings=[{"type": 1, "value": "0", "text": "none"}]),
        "field-config-rule",
        "Requests",
        "{type: value, options: {...}}",
    ),
    "old mapping in an override": (
        override("Requests", "mappings", [{"value": "0", "text": "none"}]),
        "field-config-rule",
        "Requests",
        "{type: value, options: {...}}",
    ),
    "thresholds do not ascend": (
        lambda d: defaults(d)["thresholds"]["steps"].reverse(),
        "field-config-rule",
        "Requests",
        "ascend",
    ),
    "old transformation": (
        lambda d: panel(d, "Firing alerts")["transformations"][0].update(id="formatTime"),
        "transformation-rule",
        "Firing alerts",
        "convertFieldType",
    ),
    "unknown transformation": (
        lambda d: panel(d, "Firing alerts")["transformations"][0].update(id="organise"),
        "transformation-rule",
        "Firing alerts",
        "'organise' is no transformation",
    ),
    "old statistic of a query": (
        lambda d: panel(d, "Firing alerts").update(
            transformations=[{"id": "timeSeriesTable", "options": {"refIdToStat": {"A": "mean"}}}]
        ),
        "transformation-rule",
        "Firing alerts",
        "below each query",
    ),
    "annotation by name": (
        lambda d: d["annotations"]["list"][0].update(datasource="-- Grafana --"),
        "reference-rule",
        "Annotations & Alerts",
        "{type, uid}",
    ),
    "values of the past": (
        lambda d: variable(d, "job").update(options=[{"text": "a", "value": "a"}]),
        "reference-rule",
        "variable job",
        "empty 'options'",
    ),
    "one value for several": (
        lambda d: variable(d, "job").update(current={"text": "All", "value": "$__all"}),
        "reference-rule",
        "variable job",
        "must be a list",
    ),
    "no place": (lambda d: graph(d).pop("gridPos"), "grid-rule", "Requests", "no gridPos"),
    "off the grid": (lambda d: graph(d)["gridPos"].update(x=20), "grid-rule", "Requests", "20 to 32 of 24"),
    "overlap": (lambda d: graph(d)["gridPos"].update(w=13), "grid-rule", "Traffic", "overlaps 'Requests'"),
    "hole above": (
        lambda d: d["panels"][4]["gridPos"].update(y=30),
        "grid-rule",
        "panel 5",
        "y must be 17",
    ),
    "hole to the left": (lambda d: d["panels"].remove(graph(d)), "grid-rule", "Traffic", "column 0"),
    "closed row": (lambda d: d["panels"][0].update(collapsed=True), "row-rule", "Is it healthy?", "collapsed"),
    "row without a title": (lambda d: d["panels"][0].update(title=""), "row-rule", "panel 1", "which question"),
    "high row": (lambda d: d["panels"][4].update(type="row", title="End"), "row-rule", "End", "one line high"),
    "data source of a panel by name": (
        lambda d: graph(d).update(datasource="${datasource}"),
        "panel-datasource-rule",
        "Requests",
        "make it {'type': 'prometheus', 'uid': '${datasource}'}",
    ),
    "data source of a query": (lambda d: query(d).pop("datasource"), "panel-datasource-rule", "Requests", "None"),
    "no panel title": (
        lambda d: graph(d).update(title=""),
        "panel-title-description-rule",
        "panel 2",
        "name what it shows",
    ),
    "no description": (
        lambda d: graph(d).pop("description"),
        "panel-title-description-rule",
        "Requests",
        "no description",
    ),
    "empty note": (
        lambda d: d["panels"][4]["options"].update(content=" "),
        "panel-title-description-rule",
        "panel 5",
        "options.content",
    ),
    "long title": (lambda d: graph(d).update(title="x" * 76), "title-width-rule", "x" * 76, "75 fit into 12 columns"),
    "no unit": (lambda d: defaults(d).pop("unit"), "panel-units-rule", "Requests", "fieldConfig.defaults.unit"),
    "unknown unit": (override("Requests", "unit", "requests"), "panel-units-rule", "Requests", "'requests'"),
    "no text without data": (lambda d: defaults(d).pop("noValue"), "no-value-rule", "Requests", "noValue"),
    "no query": (lambda d: graph(d).update(targets=[]), "panel-no-targets-rule", "Requests", "add a target"),
    "many queries": (
        lambda d: graph(d).update(targets=[query(d) | {"refId": letter} for letter in "ABCDE"]),
        "panel-no-targets-rule",
        "Requests",
        "5 queries, more than 4",
    ),
    "same letter": (
        lambda d: graph(d)["targets"].append(query(d)),
        "panel-no-targets-rule",
        "Requests",
        "refId of their own",
    ),
    "no data source to choose": (
        lambda d: without(d, "datasource"),
        "template-datasource-rule",
        "Payment example",
        "0 variables",
    ),
    "label of the data source": (
        lambda d: variable(d, "datasource").update(label="Prometheus"),
        "template-datasource-rule",
        "variable datasource",
        "make it 'Data source'",
    ),
    "no job to choose": (lambda d: without(d, "job"), "template-job-rule", "Payment example", "no variable 'job'"),
    "one job at a time": (
        lambda d: variable(d, "job").update(multi=False),
        "template-job-rule",
        "variable job",
        "multi False",
    ),
    "jobs of any kind": (
        lambda d: variable(d, "job").update(allValue=".*"),
        "template-job-rule",
        "variable job",
        "'.+'",
    ),
    "no instance to choose": (
        lambda d: without(d, "instance"),
        "template-instance-rule",
        "Payment example",
        "no variable 'instance'",
    ),
    "instances by another name": (
        lambda d: variable(d, "instance").update(label="Pod"),
        "template-instance-rule",
        "variable instance",
        "make it 'Instance'",
    ),
    "query of a variable": (
        lambda d: variable(d, "job").update(query="up"),
        "template-label-promql-rule",
        "variable job",
        "label_values(metric{...}, label)",
    ),
    "metric of a variable": (
        lambda d: variable(d, "job").update(query="label_values(requests, job)"),
        "template-label-promql-rule",
        "variable job",
        "did you mean 'requests_total'?",
    ),
    "label of a variable": (
        lambda d: variable(d, "job").update(query="label_values(up, route)"),
        "template-label-promql-rule",
        "variable job",
        "'route', but the metric has environment, instance",
    ),
    "PromQL of a variable": (
        lambda d: variable(d, "job").update(query="label_values(up{, job)"),
        "template-label-promql-rule",
        "variable job",
        "cannot be parsed",
    ),
    "variable of the past": (
        lambda d: variable(d, "job").update(refresh=1),
        "template-on-time-change-reload-rule",
        "variable job",
        "'refresh' must be 2",
    ),
    "editable": (lambda d: d.pop("editable"), "uneditable-dashboard", "Payment example", "editable to false"),
    "undefined variable in a query": (expression("$instance", "$pod"), "variable-use-rule", "Requests", "$pod"),
    "undefined variable in the old form": (
        lambda d: graph(d).update(description="Of [[route]]."),
        "variable-use-rule",
        "Requests",
        "$route",
    ),
    "undefined variable in a link": (
        lambda d: d["links"][0].update(url="/d/payment-example?var-route=${route:queryparam}"),
        "variable-use-rule",
        "Example",
        "$route",
    ),
    "built-in of queries in a title": (
        lambda d: graph(d).update(title="Over $__rate_interval"),
        "variable-use-rule",
        "Over $__rate_interval",
        "not built in there",
    ),
    "unknown format": (
        lambda d: d["links"][0].update(url="/d/payment-example?${job:queryparams}"),
        "variable-use-rule",
        "Example",
        "'queryparams'",
    ),
    "variable of a variable": (
        lambda d: variable(d, "job").update(query='label_values(up{environment=~"$env"}, job)'),
        "variable-use-rule",
        "variable job",
        "$env",
    ),
    "any job": (
        expression('job=~"$job"', 'job="payment"'),
        "target-job-rule",
        "Requests",
        "query A does not narrow 'requests_total': add job=~\"$job\"",
    ),
    "any instance": (
        expression(', instance=~"$instance"', ""),
        "target-instance-rule",
        "Requests",
        'instance=~"$instance"',
    ),
    "fixed rate": (
        expression("$__rate_interval", "5m"),
        "target-rate-interval-rule",
        "Requests",
        "make it [$__rate_interval]",
    ),
    "counter as it is": (
        lambda d: query(d).update(expr='sum by (route) (requests_total{job=~"$job", instance=~"$instance"})'),
        "target-counter-agg-rule",
        "Requests",
        "put it into rate()",
    ),
    "counter over time": (
        expression("rate(", "max_over_time("),
        "target-counter-agg-rule",
        "Requests",
        "'requests_total' as it is",
    ),
    "legend of a label that is gone": (
        lambda d: query(d).update(legendFormat="{{ method }}"),
        "target-legend-rule",
        "Requests",
        "the legend of query A names the label 'method', which the answer lacks; it has route",
    ),
    "link of a label that is gone": (
        lambda d: defaults(d)["links"][0].update(url="https://kibana.example/${__field.labels.method}"),
        "panel-link-rule",
        "Requests",
        "a link names the label 'method'",
    ),
    "link of a column that is gone": (
        override("Firing alerts", "links", [{"title": "Page", "url": "https://a.example/${__data.fields.page}"}]),
        "panel-link-rule",
        "Firing alerts",
        "a link names the label 'page', which the answer lacks; it has Time, Value, Value #A, alertname",
    ),
}


def test_nothing_is_wrong_with_a_good_dashboard() -> None:
    assert found(good_dashboard()) == ()


@pytest.mark.parametrize(("change", "rule", "name", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named_with_its_remedy(change: Change, rule: str, name: str, words: str) -> None:
    dashboard = good_dashboard()
    change(dashboard)
    by_rule = [finding for finding in found(dashboard) if finding.message.endswith(f"({rule})")]
    assert (FILE, name) in [(finding.file, finding.rule) for finding in by_rule if words in finding.message]


def test_a_finding_stands_at_the_line_of_what_it_is_about() -> None:
    dashboard = good_dashboard()
    del defaults(dashboard)["unit"]
    query(dashboard)["step"] = 30
    unit, step = sorted(found(dashboard))
    lines = text(dashboard).decode().splitlines()
    assert '"title": "Is it healthy?"' in "".join(lines[: unit.line])
    assert '"description": "Requests of each route."' in "".join(lines[unit.line : unit.line + 7])
    assert '"exemplar": true' in "".join(lines[step.line : step.line + 6])
    assert unit.line < step.line


def test_two_dashboards_share_neither_uid_nor_title() -> None:
    messages = [finding.message for finding in found(good_dashboard(), **{"payment-other": good_dashboard()})]
    assert messages == [
        "shares the uid 'payment-example' with another dashboard: one replaces the other (uid-rule)",
        "shares the title 'Payment example' with another dashboard: rename one (dashboard-title-rule)",
    ]


def test_a_link_may_lead_to_another_dashboard_of_the_tree() -> None:
    dashboard = good_dashboard()
    dashboard["links"][0]["url"] = "/d/payment-other"
    other = good_dashboard() | {"uid": "payment-other", "title": "Other"}
    assert found(dashboard, **{"payment-other": other}) == ()


def test_only_the_files_asked_for_are_checked_and_others_are_no_dashboards() -> None:
    broken = text(good_dashboard() | {"uid": "other", "title": "Other"})
    files = {FILE: text(good_dashboard()), OTHER: broken, "prometheus/rules/api.yaml": b"groups: []"}
    assert dashboard_findings(files, DECLARED, only=[FILE]) == ()
    assert [finding.file for finding in dashboard_findings(files, DECLARED, "out")] == [f"out/{OTHER}"]


def test_what_is_not_json_is_named_with_its_line() -> None:
    (finding,) = dashboard_findings({FILE: b'{\n "uid": "a",\n}'}, DECLARED)
    assert (finding.file, finding.line) == (FILE, 3)
    assert "Grafana reads JSON only" in finding.message


@pytest.mark.parametrize("column", [".alertname", '["Name of it"]', '["Value #A"]', ".Time"])
def test_a_link_of_a_table_may_name_a_label_a_renamed_column_or_a_value(column: str) -> None:
    dashboard = good_dashboard()
    table = panel(dashboard, "Firing alerts")
    table["transformations"][0]["options"]["renameByName"] = {"alertstate": "Name of it"}
    override("Firing alerts", "links", [{"title": "Page", "url": f"https://a.example/${{__data.fields{column}}}"}])(
        dashboard
    )
    assert found(dashboard) == ()


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {"list": {}}, {"list": [None]}])
@pytest.mark.parametrize("key", ["panels", "templating", "annotations", "links"])
def test_a_dashboard_of_another_shape_is_no_error_of_the_program(key: str, value: object) -> None:
    assert found(good_dashboard() | {key: value, "schemaVersion": 0})


def test_a_dashboard_of_recorded_series_needs_no_instances() -> None:
    dashboard = good_dashboard()
    without(dashboard, "instance")
    dashboard["panels"].remove(graph(dashboard))
    panel(dashboard, "Traffic")["gridPos"].update(x=0, w=24)
    assert found(dashboard) == ()


@pytest.mark.parametrize(("columns", "characters"), [(3, 12), (4, 19), (6, 33), (8, 47), (12, 75)])
def test_wider_panels_have_room_for_longer_titles(columns: int, characters: int) -> None:
    assert longest_title(columns) == characters


def test_every_unit_of_the_catalogue_is_one_of_grafana() -> None:
    assert set(GRAFANA_UNITS.values()) <= UNITS
