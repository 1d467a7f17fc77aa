"""A normal form of PromQL: expressions that differ only in how they are written have the same one.

Labels, matchers and groupings are sorted, durations and numbers written in one way, brackets set everywhere or nowhere,
constants computed, and a constant that is compared stands on the right. Expressions of different normal forms can still
mean the same: this is no prover.
"""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.promql import PromQLError, number, parse, quote
from payment_catalog.promql_text import duration, grouping_clause, matcher, operator_clause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Each comparison with its sides exchanged.
MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
}
_COMMUTATIVE = frozenset({"+", "*"})
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_PLAIN = re.compile(r"[A-Za-z0-9_:/ -]+(\|[A-Za-z0-9_:/ -]+)*")


def normal_form(expression: str, definitions: Mapping[str, str] | None = None, *, guards: bool = True) -> str:
    """Return the normal form, itself PromQL that means what ``expression`` means.

    A series without matchers that is in ``definitions`` is replaced by that expression, which must not lead back to
    itself. Without ``guards`` a divisor ``(x > 0)`` becomes ``x``. Raises PromQLError where ``expression`` cannot be
    parsed, or is nested too deep for Python.
    """
    try:
        return _Writer(definitions or {}, guards).form(parse(expression))
    except RecursionError:
        raise PromQLError("is nested too deep") from None


def unbracketed(node: ast.Expr) -> ast.Expr:
    """Return what stands in the brackets of ``node``, if it has any."""
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    return node


def constant(node: ast.Expr) -> float | None:
    """Return the number that ``node`` always is; ``None`` where it reads a series or calls a function."""
    match node:
        case ast.NumberLiteral():
            return float(node.val)
        case ast.ParenExpr():
            return constant(node.expr)
        case ast.UnaryExpr():
            inner = constant(node.expr)
            return None if inner is None else -inner
        case ast.BinaryExpr() if str(node.op) in _ARITHMETIC:
            return _computed(node)
    return None


def _computed(node: ast.BinaryExpr) -> float | None:
    right = constant(node.rhs)
    left = None if right is None else constant(node.lhs)
    if left is None or right is None:
        return None
    try:
        return _ARITHMETIC[str(node.op)](left, right)
    except (ArithmeticError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class _Writer:
    definitions: Mapping[str, str]
    guards: bool
    known: dict[str, str] = field(default_factory=dict)

    def form(self, node: ast.Expr) -> str:  # noqa: PLR0911, C901 - one for each kind of node
        value = constant(node)
        if value is not None:
            return number(value)
        match node:
            case ast.ParenExpr():
                return self.form(node.expr)
            case ast.UnaryExpr():
                return f"(-{self.form(node.expr)})"
            case ast.StringLiteral():
                return quote(node.val)
            case ast.VectorSelector():
                return self._series(node)
            case ast.MatrixSelector():
                inner = node.vector_selector
                return f"{_selector(inner)}[{duration(node.range)}]{_shift(inner)}"
            case ast.SubqueryExpr():
                step = duration(node.step) if node.step else ""
                length = duration(node.range) if node.range else ""
                return f"{self.form(node.expr)}[{length}:{step}]{_shift(node)}"
            case ast.Call():
                return f"{node.func.name}({', '.join(map(self.form, node.args))})"
            case ast.AggregateExpr():
                return self._aggregation(node)
            case ast.BinaryExpr():
                return self._binary(node)
        raise PromQLError(f"{type(node).__name__} is no known part of PromQL")

    def _series(self, node: ast.VectorSelector) -> str:
        text = f"{_selector(node)}{_shift(node)}"
        if text not in self.definitions:
            return text
        if text not in self.known:
            self.known[text] = self.form(parse(self.definitions[text]))
        return self.known[text]

    def _aggregation(self, node: ast.AggregateExpr) -> str:
        labels = sorted(set(node.modifier.labels)) if node.modifier else []
        is_all = node.modifier is not None and node.modifier.type == ast.AggModifierType.By and not labels
        clause = "" if is_all else grouping_clause(node, labels)
        operands = [node.expr] if node.param is None else [node.param, node.expr]
        return f"{node.op}{f' {clause} ' if clause else ''}({', '.join(map(self.form, operands))})"

    def _binary(self, node: ast.BinaryExpr) -> str:
        sign, left, right = str(node.op), self.form(node.lhs), self._right(node)
        clause = _clause(node)
        if sign in MIRRORED and constant(node.lhs) is not None:
            return f"({right} {MIRRORED[sign]}{clause.removeprefix(sign)} {left})"
        if sign in _COMMUTATIVE and _is_one_to_one(node):
            left, right = sorted((left, right))
        return f"({left} {clause} {right})"

    def _right(self, node: ast.BinaryExpr) -> str:
        inner = unbracketed(node.rhs)
        if not self.guards and str(node.op) == "/" and isinstance(inner, ast.BinaryExpr) and _is_guard(inner):
            return self.form(inner.lhs)
        return self.form(node.rhs)


def _is_guard(node: ast.BinaryExpr) -> bool:
    return str(node.op) in {">", "!="} and constant(node.rhs) == 0


def _is_one_to_one(node: ast.BinaryExpr) -> bool:
    many = (ast.VectorMatchCardinality.ManyToOne, ast.VectorMatchCardinality.OneToMany)
    return node.modifier is None or all(node.modifier.card != card for card in many)


def _clause(node: ast.BinaryExpr) -> str:
    """Return the operator with sorted labels; ``ignoring ()`` says nothing and is left out."""
    modifier = node.modifier
    if modifier is None or modifier.matching is None:
        return operator_clause(node, None, None)
    labels, group = sorted(set(modifier.matching.labels)), sorted(set(modifier.group_labels or ()))
    written = operator_clause(node, labels, group)
    return written.replace(" ignoring ()", "") if _is_one_to_one(node) else written


def _selector(node: ast.VectorSelector) -> str:
    name = node.name
    matchers = list(node.matchers.matchers)
    if name is None:
        naming = [one for one in matchers if one.name == "__name__" and one.op == ast.MatchOp.Equal]
        if len(naming) == 1 and _NAME.fullmatch(naming[0].value):
            name = naming[0].value
            matchers.remove(naming[0])
    texts = {_matcher(one) for one in matchers}
    alternatives = [" or ".join(sorted(map(_matcher, group))) for group in node.matchers.or_matchers]
    written = ", ".join([*sorted(texts), *sorted(alternatives)])
    return f"{name or ''}{{{written}}}" if written or not name else name


def _matcher(found: ast.Matcher) -> str:
    """Return the matcher; a pattern of plain words is their sorted list, one of a single word a comparison."""
    is_negated = found.op == ast.MatchOp.NotRe
    if not (is_negated or found.op == ast.MatchOp.Re) or not _PLAIN.fullmatch(found.value):
        return matcher(found)
    words = sorted(set(found.value.split("|")))
    if len(words) > 1:
        return matcher(ast.Matcher(found.op, found.name, "|".join(words)))
    return matcher(ast.Matcher(ast.MatchOp.NotEqual if is_negated else ast.MatchOp.Equal, found.name, words[0]))


def _shift(node: ast.VectorSelector | ast.SubqueryExpr) -> str:
    at = f" {node.at}" if node.at is not None else ""
    return at + (f" offset {duration(node.offset)}" if node.offset else "")
