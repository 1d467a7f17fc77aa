"""Rules about each query: what it is narrowed by, its ranges, and the labels that its texts name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_catalog.promql import PromQLError, analyse
from payment_dashboards.linting.model import Problem
from payment_dashboards.linting.selections import carries, selections, targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.promql import Labels
    from payment_dashboards.linting.model import Dashboard, Node, Rule, Surroundings

_RATES = frozenset({"rate", "irate"})
_OF_COUNTERS = _RATES | {"increase"}
_COUNTER = "_total"
_LEGEND_LABEL = re.compile(r"\{\{ *(\w+) *\}\}")
_LINK_LABEL = re.compile(r"\$\{__field\.labels\.(\w+)")
#: A column of a table: ``${__data.fields.name}`` or, for any name, ``${__data.fields["a name"]}``.
_LINK_COLUMN = re.compile(r"\$\{__data\.fields(?:\.(\w+)|\[\"?([^\]\"]+)\"?\])")


def target_job_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """Each selector follows the choice of jobs."""
    yield from _followed(dashboard, "job", surroundings)


def target_instance_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """Each selector of a metric that is of an instance follows the choice of instances."""
    yield from _followed(dashboard, "instance", surroundings)


def target_rate_interval_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """A rate is over the interval that Grafana fits to the step and to the scrape interval."""
    for panel, target in targets(dashboard):
        for selection in selections(target.text("expr")):
            if selection.function in _RATES and not selection.rate_interval:
                yield Problem(
                    "target-rate-interval-rule",
                    target,
                    f"{_query(panel, target)} takes {selection.function} of '{selection.metric}' over a fixed time: "
                    "make it [$__rate_interval]",
                )


def target_counter_agg_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """A counter is drawn as what it rose by."""
    for panel, target in targets(dashboard):
        for selection in selections(target.text("expr")):
            if selection.metric.endswith(_COUNTER) and selection.function not in _OF_COUNTERS:
                yield Problem(
                    "target-counter-agg-rule",
                    target,
                    f"{_query(panel, target)} shows the counter '{selection.metric}' as it is: put it into rate()",
                )


def target_legend_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """A legend names only labels that the answer carries."""
    for panel, target in targets(dashboard):
        labels = _answered(target, surroundings)
        for name in _LEGEND_LABEL.findall(target.text("legendFormat")):
            if labels is not None and name not in labels:
                yield _unanswered("target-legend-rule", target, f"the legend of {_query(panel, target)}", name, labels)


def panel_link_rule(dashboard: Dashboard, surroundings: Surroundings) -> Iterator[Problem]:
    """A panel's links name only labels and columns that its answers carry."""
    for panel in dashboard.data_panels:
        labels: Labels = frozenset().union(
            *(_answered(target, surroundings) or () for target in panel.parts("targets"))
        )
        columns = labels | _columns(panel)
        for text in panel.texts("targets"):
            for name in _LINK_LABEL.findall(text):
                if name not in labels:
                    yield _unanswered("panel-link-rule", panel, "a link", name, labels)
            for short, long in _LINK_COLUMN.findall(text):
                if (short or long) not in columns:
                    yield _unanswered("panel-link-rule", panel, "a link", short or long, columns)


def _followed(dashboard: Dashboard, label: str, surroundings: Surroundings) -> Iterator[Problem]:
    for panel, target in targets(dashboard):
        for selection in selections(target.text("expr")):
            if label not in selection.chosen and carries(selection.metric, label, surroundings.declared):
                yield Problem(
                    f"target-{label}-rule",
                    target,
                    f"{_query(panel, target)} does not narrow '{selection.metric}': "
                    f'add {label}=~"${label}" to its selector',
                )


def _query(panel: Node, target: Node) -> str:
    return f"query {target.text('refId') or panel.parts('targets').index(target) + 1}"


def _answered(target: Node, surroundings: Surroundings) -> Labels | None:
    """Return the labels of a query's answer, or None where the query cannot be parsed."""
    try:
        return analyse(target.text("expr"), surroundings.declared).labels
    except PromQLError:
        return None


def _columns(panel: Node) -> frozenset[str]:
    """Return the columns that Grafana adds to the labels, and those that a transformation names anew."""
    values = (f"Value #{target.text('refId')}" for target in panel.parts("targets"))
    renamed = (
        name
        for transformation in panel.parts("transformations")
        for name in transformation.part("options").part("renameByName").texts()
    )
    return frozenset({"Time", "Value", *values, *renamed})


def _unanswered(rule: str, node: Node, what: str, name: str, labels: Labels) -> Problem:
    return Problem(
        rule,
        node,
        f"{what} names the label '{name}', which the answer lacks; it has {', '.join(sorted(labels)) or 'none'}",
    )


RULES: tuple[Rule, ...] = (
    target_job_rule,
    target_instance_rule,
    target_rate_interval_rule,
    target_counter_agg_rule,
    target_legend_rule,
    panel_link_rule,
)
