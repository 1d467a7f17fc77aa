"""Checks PromQL against what is declared: every metric known, every label one that its metric carries.

The checker computes the labels of each sub-expression from the declared labels of the metrics in it, so
that it also sees a ``by`` over a label that no longer exists and an operation whose two sides never match.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import promql_parser as ast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Labels = frozenset[str]

#: Labels that scraping attaches to every series.
TARGET_LABELS: Labels = frozenset({"environment", "namespace", "job", "instance"})

#: What Grafana replaces before it sends a query. Any valid duration does for parsing.
GRAFANA_DURATIONS = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h"}

_SET_OPERATORS = frozenset({"and", "or", "unless"})
_KEEPING_AGGREGATIONS = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_NO_LABELS: Labels = frozenset()


class PromQLError(ValueError):
    """An expression that cannot be parsed."""


def quote(value: str) -> str:
    """Return ``value`` as a PromQL string literal, for any text."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def number(value: float) -> str:
    """Return ``value`` as a PromQL number, in the shortest form that means the same."""
    return f"{value:.15g}"


def parse(expression: str) -> ast.Expr:
    """Parse an expression of a rule or of a panel; raises PromQLError with the parser's reason."""
    for variable, duration in GRAFANA_DURATIONS.items():
        expression = expression.replace(variable, duration)
    try:
        parsed: ast.Expr = ast.parse(expression)
    except ValueError as error:
        raise PromQLError(f"cannot be parsed: {error}") from error
    return parsed


@dataclass(frozen=True, slots=True)
class Analysis:
    """Labels of an expression's result, the series names it selects, and what is wrong with it."""

    labels: Labels
    selected: frozenset[str]
    problems: tuple[str, ...]


def analyse(expression: str, declared: Mapping[str, Labels]) -> Analysis:
    """Check ``expression`` against ``declared`` (series name → every label that it carries).

    Raises PromQLError where it cannot be parsed.
    """
    walker = _Walker(declared)
    labels = walker.labels(parse(expression))
    return Analysis(labels or _NO_LABELS, frozenset(walker.selected), tuple(walker.problems))


@dataclass(slots=True)
class _Walker:
    """Computes the labels of each node; ``None`` stands for a scalar."""

    declared: Mapping[str, Labels]
    selected: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def labels(self, node: ast.Expr) -> Labels | None:
        found: Labels | None = None
        match node:
            case ast.VectorSelector():
                found = self._selector(node)
            case ast.MatrixSelector():
                found = self._selector(node.vector_selector)
            case ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr():
                found = self.labels(node.expr)
            case ast.AggregateExpr():
                found = self._aggregation(node)
            case ast.BinaryExpr():
                found = self._binary(node)
            case ast.Call():
                found = self._call(node)
        return found

    def _selector(self, selector: ast.VectorSelector) -> Labels:
        name = selector.name
        if name is None:
            self.problems.append(f"the selector {selector} names no metric")
            return TARGET_LABELS
        self.selected.add(name)
        known = self.declared.get(name)
        if known is None:
            self.problems.append(f"metric '{name}' is not declared{_suggestion(name, self.declared)}")
            return TARGET_LABELS
        used = [matcher.name for matcher in selector.matchers.matchers]
        self._require(used, known, f"metric '{name}'")
        return known

    def _aggregation(self, node: ast.AggregateExpr) -> Labels:
        inner = self.labels(node.expr) or _NO_LABELS
        operation = str(node).split("(", 1)[0].split(" ", 1)[0]
        named = frozenset(node.modifier.labels) if node.modifier else _NO_LABELS
        self._require(sorted(named), inner, f"the operand of {operation}")
        if operation in _KEEPING_AGGREGATIONS:
            return inner
        if node.modifier and node.modifier.type == ast.AggModifierType.Without:
            return inner - named
        return named

    def _call(self, node: ast.Call) -> Labels | None:
        operands = [self.labels(argument) for argument in node.args]
        inner = next((labels for labels in operands if labels is not None), None)
        match node.func.name:
            case "absent" | "absent_over_time":
                return self._equality_matchers(node.args[0])
            case "histogram_quantile":
                if inner is not None and "le" not in inner:
                    self.problems.append("histogram_quantile needs the label 'le', which its operand has lost")
                return (inner or _NO_LABELS) - {"le"}
            case "label_replace" | "label_join":
                return (inner or _NO_LABELS) | {str(node.args[1].val)}
            case "scalar" | "time" | "pi":
                return None
            case "vector":
                return _NO_LABELS
        return inner

    @staticmethod
    def _equality_matchers(node: ast.Expr) -> Labels:
        selector = node.vector_selector if isinstance(node, ast.MatrixSelector) else node
        if not isinstance(selector, ast.VectorSelector):
            return _NO_LABELS
        return frozenset(matcher.name for matcher in selector.matchers.matchers if matcher.op == ast.MatchOp.Equal)

    def _binary(self, node: ast.BinaryExpr) -> Labels | None:
        left, right = self.labels(node.lhs), self.labels(node.rhs)
        if left is None or right is None:
            return right if left is None else left
        operation = str(node.op)
        modifier = node.modifier
        matching = modifier.matching if modifier else None
        if matching is None:
            if left != right and operation not in _SET_OPERATORS:
                self.problems.append(
                    f"the two sides of '{operation}' never match: one has the labels {_listed(left)}, "
                    f"the other {_listed(right)}"
                )
            return left | right if operation == "or" else left
        named = frozenset(matching.labels)
        including = matching.type == ast.LabelModifierType.Include
        if including:
            self._require(sorted(named), left, f"the left side of '{operation}'")
            self._require(sorted(named), right, f"the right side of '{operation}'")
        if operation in _SET_OPERATORS:
            return left | right if operation == "or" else left
        grouped = frozenset(modifier.group_labels or ()) if modifier else _NO_LABELS
        if modifier and modifier.card == ast.VectorMatchCardinality.ManyToOne:
            return left | grouped
        if modifier and modifier.card == ast.VectorMatchCardinality.OneToMany:
            return right | grouped
        return named if including else left - named

    def _require(self, names: Iterable[str], known: Labels, whose: str) -> None:
        for name in names:
            if name not in known:
                self.problems.append(
                    f"label '{name}' is unknown to {whose}{_suggestion(name, known)}; it has {_listed(known)}"
                )


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean '{close[0]}'?" if close else ""


def _listed(labels: Labels) -> str:
    return ", ".join(sorted(labels)) or "none"
