"""What the evaluation of rules reads: samples of every selector, as often as its range, sub-query and group ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_bundle.capacity.costs import READ_SECONDS, RULE_SECONDS
from payment_bundle.capacity.recorded import equal_labels
from payment_catalog.cardinality import Amount, exactly, total
from payment_catalog.promql import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.alert import AlertGroup
    from payment_bundle.capacity.recorded import Stored
    from payment_catalog.settings.scraping import Scraping

_NOTHING = exactly(0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What rules cost in one evaluation interval: evaluations of a rule, and samples that they read."""

    rules: float
    samples: Amount

    @property
    def seconds(self) -> Amount:
        """Seconds of one core."""
        return RULE_SECONDS * self.rules + READ_SECONDS * self.samples


def evaluation(groups: Iterable[AlertGroup], found: Stored, scraping: Scraping) -> Evaluation:
    """Return what ``groups`` cost; one whose own interval is longer counts as often as it is evaluated."""
    reader = _Reader(found, scraping)
    rules, samples = 0.0, _NOTHING
    for group in groups:
        share = scraping.evaluation_interval / (group.interval or scraping.evaluation_interval)
        expressions = [rule.expr for rule in group.recordings] + [alert.expr for alert in group.alerts]
        rules += len(expressions) * share
        samples += total(*(reader.read(parse(expression)) for expression in expressions)) * share
    return Evaluation(rules, samples)


def longest_look_back(groups: Iterable[AlertGroup]) -> timedelta:
    """Return how far back the rules read: what Prometheus must keep at the least."""
    expressions = [
        expression
        for group in groups
        for expression in (*(rule.expr for rule in group.recordings), *(alert.expr for alert in group.alerts))
    ]
    return max(_back(parse(expression)) for expression in expressions)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Counts the samples that an expression reads."""

    found: Stored
    scraping: Scraping

    def read(self, node: ast.Expr) -> Amount:
        match node:
            case ast.VectorSelector():
                return self._series(node)
            case ast.MatrixSelector():
                return self._series(node.vector_selector) * (node.range / self._interval(node.vector_selector.name))
            case ast.SubqueryExpr():
                step = node.step or self.scraping.evaluation_interval
                return self.read(node.expr) * (_range(node) / step)
        return total(*(self.read(operand) for operand in operands(node)))

    def _series(self, selector: ast.VectorSelector) -> Amount:
        return self.found.selected(selector.name or "", equal_labels(selector))

    def _interval(self, name: str | None) -> timedelta:
        return self.scraping.evaluation_interval if name in self.found.recorded else self.scraping.interval


def operands(node: ast.Expr) -> tuple[ast.Expr, ...]:
    """Return the expressions that ``node`` is made of."""
    match node:
        case ast.BinaryExpr():
            return node.lhs, node.rhs
        case ast.Call():
            return tuple(node.args)
        case ast.AggregateExpr() | ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr():
            return (node.expr,)
    return ()


def _back(node: ast.Expr) -> timedelta:
    nothing = timedelta(0)
    match node:
        case ast.VectorSelector():
            return node.offset or nothing
        case ast.MatrixSelector():
            return node.range + (node.vector_selector.offset or nothing)
        case ast.SubqueryExpr():
            return _range(node) + (node.offset or nothing) + _back(node.expr)
    return max((_back(operand) for operand in operands(node)), default=nothing)


def _range(node: ast.SubqueryExpr) -> timedelta:
    return node.range or timedelta(0)
