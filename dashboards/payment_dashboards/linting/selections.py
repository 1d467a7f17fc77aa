"""What the queries of a dashboard select, and what each selector stands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.promql import PromQLError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_catalog.promql import Labels
    from payment_dashboards.linting.model import Dashboard, Node

_RATE_INTERVAL = "$__rate_interval"
#: Stands for Grafana's variable while a query is parsed: a length that nobody writes.
_STAND_IN = timedelta(seconds=86_753)

#: Prometheus' own series carry the labels of the alert: of a job or an instance only where the alert is of one.
_OF_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_NOT_OF_EVERY_ALERT = frozenset({"job", "instance"})


@dataclass(frozen=True, slots=True)
class Selection:
    """A selector: its metric, the labels that it narrows to what the reader chose, and the range it stands in.

    A label counts as chosen in the form that Grafana's linter looks for: ``job=~"$job"``. ``function`` is the
    call that takes the range; ``rate_interval`` tells that Grafana chooses how long the range is.
    """

    metric: str
    chosen: frozenset[str]
    function: str = ""
    rate_interval: bool = False


def selections(expression: str) -> tuple[Selection, ...]:
    """Return every selector of ``expression``; none where it cannot be parsed."""
    try:
        tree = parse(expression.replace(_RATE_INTERVAL, f"{_STAND_IN // timedelta(seconds=1)}s"))
    except PromQLError:
        return ()
    return tuple(_selections(tree, ""))


def carries(metric: str, label: str, declared: Mapping[str, Labels]) -> bool:
    """Whether every series of ``metric`` has ``label``."""
    if metric in _OF_ALERTS and label in _NOT_OF_EVERY_ALERT:
        return False
    return label in declared.get(metric, ())


def narrowable(dashboard: Dashboard, label: str, declared: Mapping[str, Labels]) -> bool:
    """Whether some query of ``dashboard`` selects a metric that carries ``label``."""
    return any(
        carries(selection.metric, label, declared)
        for _, target in targets(dashboard)
        for selection in selections(target.text("expr"))
    )


def targets(dashboard: Dashboard) -> Iterator[tuple[Node, Node]]:
    """Yield each query with its panel."""
    for panel in dashboard.data_panels:
        for target in panel.parts("targets"):
            yield panel, target


def _selections(node: ast.Expr, function: str) -> Iterator[Selection]:
    match node:
        case ast.VectorSelector():
            yield _selection(node)
        case ast.MatrixSelector():
            yield _selection(node.vector_selector, function, node.range)
        case ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr() | ast.AggregateExpr():
            yield from _selections(node.expr, "")
        case ast.BinaryExpr():
            yield from _selections(node.lhs, "")
            yield from _selections(node.rhs, "")
        case ast.Call():
            for argument in node.args:
                yield from _selections(argument, node.func.name)


def _selection(selector: ast.VectorSelector, function: str = "", length: timedelta | None = None) -> Selection:
    chosen = frozenset(
        matcher.name
        for matcher in selector.matchers.matchers
        if matcher.op == ast.MatchOp.Re and matcher.value == f"${matcher.name}"
    )
    return Selection(selector.name or "", chosen, function, length == _STAND_IN)
