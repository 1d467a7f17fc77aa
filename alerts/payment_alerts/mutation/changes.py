"""The small changes of one sub-expression, without its operands: those are places of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_alerts.mutation import alternatives
from payment_alerts.mutation.mutant import Kind
from payment_catalog.promql import number
from payment_catalog.promql_text import duration, grouping_clause, matcher, operator_clause, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from payment_catalog.promql_text import Place

_OPPOSITES: tuple[tuple[ast.MatchOp, ast.MatchOp], ...] = (
    (ast.MatchOp.Equal, ast.MatchOp.NotEqual),
    (ast.MatchOp.NotEqual, ast.MatchOp.Equal),
    (ast.MatchOp.Re, ast.MatchOp.NotRe),
    (ast.MatchOp.NotRe, ast.MatchOp.Re),
)
_PATTERNS = (ast.MatchOp.Re, ast.MatchOp.NotRe)


@dataclass(frozen=True, slots=True)
class Change:
    """Replace ``before``, which starts at ``start`` in the text of the sub-expression, by ``after``."""

    kind: Kind
    start: int
    before: str
    after: str


def changes(place: Place) -> Iterator[Change]:
    """Return every small change of the sub-expression at ``place``."""
    node = place.node
    match node:
        case ast.NumberLiteral():
            yield from _number(place, node)
        case ast.VectorSelector():
            yield from _selector(node, 0)
        case ast.MatrixSelector():
            yield from _selector(node.vector_selector, len(f"[{duration(node.range)}]"))
            yield from _window(node, node.range, "]")
        case ast.SubqueryExpr() if node.range:
            yield from _window(node, node.range, ":")
        case ast.AggregateExpr():
            yield from _words(Kind.AGGREGATION, 0, str(node.op), alternatives.AGGREGATIONS)
            yield from _grouping(node)
        case ast.Call():
            yield from _words(Kind.FUNCTION, 0, node.func.name, alternatives.FUNCTIONS)
        case ast.BinaryExpr():
            yield from _binary(place, node)
        case ast.ParenExpr() if place.parent is not None:
            yield from _guard(node, node.expr)


def _words(kind: Kind, start: int, word: str, table: Mapping[str, tuple[str, ...]]) -> Iterator[Change]:
    for other in table.get(word, ()):
        yield Change(kind, start, word, other)


def _number(place: Place, node: ast.NumberLiteral) -> Iterator[Change]:
    kind = Kind.THRESHOLD if _compares(place.parent) else Kind.NUMBER
    values = [node.val * factor for factor in alternatives.FACTORS] if node.val else alternatives.INSTEAD_OF_ZERO
    for value in values:
        yield Change(kind, 0, number(node.val), number(value))


def _selector(node: ast.VectorSelector, range_length: int) -> Iterator[Change]:
    start = len(node.name or "") + 1
    found = node.matchers.matchers
    texts = [matcher(one) for one in found]
    for index, one in enumerate(found):
        for other in _other_matchers(one):
            yield Change(Kind.MATCHER, start, texts[index], other)
        if len(texts) > 1:
            comma_before = index == len(texts) - 1
            text = f", {texts[index]}" if comma_before else f"{texts[index]}, "
            yield Change(Kind.MATCHER, start - 2 * comma_before, text, "")
        elif node.name:
            yield Change(Kind.MATCHER, start - 1, f"{{{texts[index]}}}", "")
        start += len(texts[index]) + len(", ")
    if node.offset:
        shift = f" offset {duration(node.offset)}"
        yield Change(Kind.OFFSET, len(write(node)) + range_length - len(shift), shift, "")


def _other_matchers(found: ast.Matcher) -> Iterator[str]:
    yield matcher(ast.Matcher(_negated(found.op), found.name, found.value))
    yield matcher(ast.Matcher(found.op, found.name, f"{found.value}-other"))
    alternations = found.value.split("|")
    if found.op in _PATTERNS and len(alternations) > 1 and "(" not in found.value:
        for index in range(len(alternations)):
            fewer = "|".join(alternations[:index] + alternations[index + 1 :])
            yield matcher(ast.Matcher(found.op, found.name, fewer))


def _negated(operator: ast.MatchOp) -> ast.MatchOp:
    return next(other for one, other in _OPPOSITES if one == operator)


def _window(node: ast.Expr, length: timedelta, end: str) -> Iterator[Change]:
    before = f"[{duration(length)}{end}"
    start = write(node).rindex(before)
    for other in (length / 2, length * 2):
        yield Change(Kind.RANGE, start, before, f"[{duration(other)}{end}")


def _grouping(node: ast.AggregateExpr) -> Iterator[Change]:
    if node.modifier is None:
        return
    labels = node.modifier.labels
    start, clause = len(str(node.op)) + 1, grouping_clause(node, labels)
    yield Change(Kind.GROUPING, start, clause, "")
    if len(labels) > 1:
        for fewer in _each_dropped(labels):
            yield Change(Kind.GROUPING, start, clause, grouping_clause(node, fewer))


def _each_dropped(labels: list[str]) -> Iterator[list[str]]:
    for index in range(len(labels)):
        yield labels[:index] + labels[index + 1 :]


def _binary(place: Place, node: ast.BinaryExpr) -> Iterator[Change]:
    operator, start = str(node.op), len(write(node.lhs)) + 1
    whole, left, right = write(node), write(node.lhs), write(node.rhs)
    limit = f" {right}" if isinstance(node.rhs, ast.NumberLiteral) and node.modifier is None else ""
    for other in alternatives.COMPARATORS.get(operator, ()):
        yield Change(Kind.COMPARATOR, start, f"{operator}{limit}", f"{other}{limit}")
    yield from _words(Kind.OPERATOR, start, operator, alternatives.ARITHMETIC)
    yield from _words(Kind.OPERATOR, start, operator, alternatives.SETS)
    yield from _matching(node, start)
    if operator in alternatives.DIRECTED:
        yield Change(Kind.SIDES, 0, whole, f"{_bracketed(node.rhs)} {_clause(node)} {_bracketed(node.lhs)}")
    if operator in alternatives.SETS:
        yield Change(Kind.OPERAND, 0, whole, left)
    if operator in {"and", "or"}:
        yield Change(Kind.OPERAND, 0, whole, right)
    if place.parent is not None and not isinstance(place.parent, ast.ParenExpr):
        yield from _guard(node, node)


def _guard(node: ast.Expr, inner: ast.Expr) -> Iterator[Change]:
    if isinstance(inner, ast.BinaryExpr) and _compares(inner):
        yield Change(Kind.GUARD, 0, write(node), write(inner.lhs))


def _matching(node: ast.BinaryExpr, start: int) -> Iterator[Change]:
    if node.modifier is None or node.modifier.matching is None:
        return
    labels, group = node.modifier.matching.labels, node.modifier.group_labels
    for fewer in _each_dropped(labels):
        yield Change(Kind.MATCHING, start, _clause(node), operator_clause(node, fewer, group))
    for fewer in _each_dropped(group or []):
        yield Change(Kind.MATCHING, start, _clause(node), operator_clause(node, labels, fewer))


def _clause(node: ast.BinaryExpr) -> str:
    modifier = node.modifier
    matching = modifier.matching.labels if modifier and modifier.matching else None
    return operator_clause(node, matching, modifier.group_labels if modifier else None)


def _bracketed(node: ast.Expr) -> str:
    return f"({write(node)})" if isinstance(node, ast.BinaryExpr) else write(node)


def _compares(node: ast.Expr | None) -> bool:
    return isinstance(node, ast.BinaryExpr) and str(node.op) in alternatives.COMPARATORS
