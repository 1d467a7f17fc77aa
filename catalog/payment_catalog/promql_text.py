"""An expression as text and nodes: where each sub-expression stands, so that it can be replaced.

The parser's own ``str()`` leaves quotes and backslashes in label values unescaped, and its nodes are
read-only; so a node is written here, and a change is made in the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.durations import format_duration
from payment_catalog.promql import number, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

#: Pairs, because the parser's operators have no hash.
_MATCH = ((ast.MatchOp.Equal, "="), (ast.MatchOp.NotEqual, "!="), (ast.MatchOp.Re, "=~"), (ast.MatchOp.NotRe, "!~"))
_NO_NAMES: Mapping[str, str] = {}

#: Text, and the sub-expressions between it.
Pieces = tuple["str | ast.Expr", ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A sub-expression, what holds it, and the text of the whole expression on both sides of it."""

    node: ast.Expr
    parent: ast.Expr | None
    before: str = ""
    after: str = ""


def places(node: ast.Expr, parent: ast.Expr | None = None, before: str = "", after: str = "") -> Iterator[Place]:
    """Return every sub-expression of ``node``, itself first, then from left to right."""
    yield Place(node, parent, before, after)
    pieces = _pieces(node, _NO_NAMES)
    texts = [piece if isinstance(piece, str) else write(piece) for piece in pieces]
    for index, piece in enumerate(pieces):
        if not isinstance(piece, str):
            left, right = "".join(texts[:index]), "".join(texts[index + 1 :])
            yield from places(piece, node, before + left, right + after)


def write(node: ast.Expr, renamed: Mapping[str, str] = _NO_NAMES) -> str:
    """Return ``node`` as PromQL, with new names for the series in ``renamed``; raises ValueError for unknown nodes."""
    return "".join(piece if isinstance(piece, str) else write(piece, renamed) for piece in _pieces(node, renamed))


def delayed(expression: str, by: timedelta) -> str:
    """Return ``expression`` as it was ``by`` that time ago; raises ValueError where a part of it looks back itself."""
    parsed = ast.parse(expression)
    text, copied = write(parsed), 0
    parts: list[str] = []
    for place in places(parsed):
        if isinstance(place.node, ast.VectorSelector | ast.MatrixSelector):
            node = place.node
            selector = node.vector_selector if isinstance(node, ast.MatrixSelector) else node
            if selector.offset or selector.at is not None:
                raise ValueError(f"{write(place.node)} looks back already")
            end = len(text) - len(place.after)
            parts += [text[copied:end], f" offset {duration(by)}"]
            copied = end
    return "".join([*parts, text[copied:]])


def operator_clause(node: ast.BinaryExpr, matching: list[str] | None, group: list[str] | None) -> str:
    """Return the operator with its modifiers, for the given labels of ``on`` or ``ignoring`` and of ``group_…``."""
    words = [str(node.op)]
    modifier = node.modifier
    if modifier is not None and modifier.return_bool:
        words.append("bool")
    if modifier is not None and modifier.matching is not None:
        word = "on" if modifier.matching.type == ast.LabelModifierType.Include else "ignoring"
        words.append(f"{word} ({', '.join(matching or ())})")
    if modifier is not None and modifier.card == ast.VectorMatchCardinality.ManyToOne:
        words.append(f"group_left ({', '.join(group or ())})")
    if modifier is not None and modifier.card == ast.VectorMatchCardinality.OneToMany:
        words.append(f"group_right ({', '.join(group or ())})")
    return " ".join(words)


def grouping_clause(node: ast.AggregateExpr, labels: list[str]) -> str:
    """Return ``by (…)`` or ``without (…)`` for ``labels``; empty where the aggregation has no such clause."""
    if node.modifier is None:
        return ""
    word = "by" if node.modifier.type == ast.AggModifierType.By else "without"
    return f"{word} ({', '.join(labels)})"


def matcher(found: ast.Matcher) -> str:
    """Return a label matcher."""
    operator = next(sign for operator, sign in _MATCH if operator == found.op)
    return f"{found.name}{operator}{quote(found.value)}"


def duration(length: timedelta) -> str:
    """Return a duration, negative ones too."""
    return f"-{format_duration(-length)}" if length.days < 0 else format_duration(length)


def _pieces(node: ast.Expr, renamed: Mapping[str, str]) -> Pieces:  # noqa: PLR0911, C901 - one for each kind of node
    match node:
        case ast.NumberLiteral():
            return (number(node.val),)
        case ast.StringLiteral():
            return (quote(node.val),)
        case ast.VectorSelector():
            return (_selector(node, renamed), _shift(node))
        case ast.MatrixSelector():
            inner = node.vector_selector
            return (_selector(inner, renamed), f"[{duration(node.range)}]", _shift(inner))
        case ast.SubqueryExpr():
            step = duration(node.step) if node.step else ""
            return (node.expr, f"[{duration(node.range)}:{step}]" if node.range else "", _shift(node))
        case ast.ParenExpr():
            return ("(", node.expr, ")")
        case ast.UnaryExpr():
            return ("-", node.expr)
        case ast.Call():
            return (f"{node.func.name}(", *_with_commas(node.args), ")")
        case ast.AggregateExpr():
            clause = grouping_clause(node, node.modifier.labels if node.modifier else [])
            operands = [node.expr] if node.param is None else [node.param, node.expr]
            return (str(node.op), f" {clause} (" if clause else "(", *_with_commas(operands), ")")
        case ast.BinaryExpr():
            matching = node.modifier.matching.labels if node.modifier and node.modifier.matching else None
            group = node.modifier.group_labels if node.modifier else None
            return (node.lhs, f" {operator_clause(node, matching, group)} ", node.rhs)
    raise ValueError(f"{type(node).__name__} is no known part of PromQL")


def _with_commas(operands: list[ast.Expr]) -> Iterator[str | ast.Expr]:
    for index, operand in enumerate(operands):
        if index:
            yield ", "
        yield operand


def _selector(node: ast.VectorSelector, renamed: Mapping[str, str]) -> str:
    matchers = ", ".join(matcher(found) for found in node.matchers.matchers)
    name = renamed.get(node.name, node.name) if node.name is not None else ""
    return f"{name}{{{matchers}}}" if matchers or not name else name


def _shift(node: ast.VectorSelector | ast.SubqueryExpr) -> str:
    at = f" {node.at}" if node.at is not None else ""
    offset = f" offset {duration(node.offset)}" if node.offset else ""
    return at + offset
