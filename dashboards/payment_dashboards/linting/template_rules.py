"""Rules about the variables that a reader chooses by, and about who edits the dashboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_catalog.promql import PromQLError, analyse
from payment_dashboards.linting.model import Problem
from payment_dashboards.linting.panel_rules import DATASOURCE
from payment_dashboards.linting.selections import narrowable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_dashboards.linting.model import Dashboard, Rule, Surroundings

ALL_VALUE = ".+"
ON_TIME_RANGE_CHANGE = 2
_LABEL_VALUES = re.compile(r"label_values\((.+), *([a-zA-Z_]\w*)\)")


def template_datasource_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """The reader chooses one data source, of Prometheus."""
    chosen = [variable for variable in dashboard.variables if variable.text("type") == "datasource"]
    if len(chosen) != 1:
        yield Problem(
            "template-datasource-rule", dashboard.root, f"has {len(chosen)} variables of type datasource: make it one"
        )
    for variable in chosen:
        for key, expected in (("name", "datasource"), ("label", "Data source"), ("query", "prometheus")):
            if variable.text(key) != expected:
                yield Problem(
                    "template-datasource-rule", variable, f"has the {key} '{variable.text(key)}': make it '{expected}'"
                )


def template_job_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """The reader chooses jobs."""
    yield from _chosen(dashboard, "job")


def template_instance_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """The reader chooses instances where something on the dashboard is of an instance.

    Grafana's linter wants the variable everywhere; where no series carries the label it would choose nothing.
    """
    if dashboard.variable("instance") or narrowable(dashboard, "instance", surroundings.declared):
        yield from _chosen(dashboard, "instance")


def template_label_promql_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """A variable's values are those of a label that its metric carries."""
    for variable in dashboard.query_variables:
        query = variable.text("query")
        asked = _LABEL_VALUES.fullmatch(query)
        if not asked:
            yield Problem(
                "template-label-promql-rule",
                variable,
                f"has the query '{query}': make it label_values(metric{{...}}, label)",
            )
            continue
        try:
            analysis = analyse(asked[1], surroundings.declared)
        except PromQLError as error:
            yield Problem("template-label-promql-rule", variable, f"{error} in: {query}")
            continue
        for problem in analysis.problems:
            yield Problem("template-label-promql-rule", variable, f"{problem} in: {query}")
        if not analysis.problems and asked[2] not in analysis.labels:
            yield Problem(
                "template-label-promql-rule",
                variable,
                f"asks for the label '{asked[2]}', but the metric has {', '.join(sorted(analysis.labels))}",
            )


def template_on_time_change_reload_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Variables follow the time range, so that what is gone can be chosen in the past."""
    for variable in dashboard.query_variables:
        if variable.content.get("refresh") != ON_TIME_RANGE_CHANGE:
            yield Problem(
                "template-on-time-change-reload-rule",
                variable,
                f"refreshes at another time: 'refresh' must be {ON_TIME_RANGE_CHANGE}",
            )


def uneditable_dashboard(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """What is generated is not edited in Grafana, where the next generation would undo it."""
    if dashboard.root.content.get("editable") is not False:
        yield Problem("uneditable-dashboard", dashboard.root, "can be edited in Grafana: set editable to false")


def _chosen(dashboard: Dashboard, label: str) -> Iterator[Problem]:
    rule = f"template-{label}-rule"
    variable = dashboard.variable(label)
    if variable is None:
        yield Problem(rule, dashboard.root, f"has no variable '{label}': add one that asks Prometheus for the values")
        return
    for key, expected in _expected(label):
        if variable.content.get(key) != expected:
            yield Problem(rule, variable, f"has {key} {variable.content.get(key)!r}: make it {expected!r}")


def _expected(label: str) -> Iterator[tuple[str, object]]:
    yield "type", "query"
    yield "label", label.capitalize()
    yield "datasource", DATASOURCE
    yield "multi", True
    yield "includeAll", True
    yield "allValue", ALL_VALUE


RULES: tuple[Rule, ...] = (
    template_datasource_rule,
    template_job_rule,
    template_instance_rule,
    template_label_promql_rule,
    template_on_time_change_reload_rule,
    uneditable_dashboard,
)
