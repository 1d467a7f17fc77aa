"""What a rule watches: the series that it reads and what it compares, as far as an expression shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.promql import TARGET_LABELS, PromQLError, parse
from payment_catalog.promql_normal import MIRRORED, constant, normal_form, unbracketed
from payment_catalog.promql_text import matcher, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ABOVE, BELOW = frozenset({">", ">="}), frozenset({"<", "<="})
ABSENT = "absent"
_JOB = "job="
_NOTHING: frozenset[str] = frozenset()
#: Labels that tell where something runs, and not what it is.
_PLACES = TARGET_LABELS | {"cluster", "pod", "container", "node"}


@dataclass(frozen=True, slots=True)
class Condition:
    """``subject operator limit``, the subject in normal form; ``limit`` is ``None`` where it is no number.

    ``operator`` is ``absent`` for what must not be there.
    """

    subject: str
    operator: str
    limit: float | None

    @property
    def side(self) -> str:
        """The side of the limit that is bad: whether the limit itself is included makes no difference here."""
        return self.operator[:1] if self.operator in ABOVE | BELOW else self.operator

    def __str__(self) -> str:
        """Return operator and limit as people read them."""
        return self.operator if self.limit is None else f"{self.operator} {self.limit:.6g}"


@dataclass(frozen=True, slots=True)
class Watched:
    """``normal`` is the whole expression in normal form, ``first`` what it compares first.

    ``selections`` are the series that it reads, with those of their matchers that say what is read, not where.
    ``jobs`` are the matchers of the label ``job`` among them. ``comparisons`` is how many there are in all.
    """

    normal: str
    first: Condition | None
    selections: frozenset[str]
    jobs: frozenset[str]
    is_ratio: bool
    comparisons: int

    def is_of_jobs(self, other: Watched) -> bool:
        """Return whether ``other`` can read the jobs that this reads by name; an intricate pattern cannot."""
        named = {text.removeprefix(_JOB) for text in self.jobs if text.startswith(_JOB)}
        return all(_takes(text, job.strip('"')) for text in other.jobs for job in named)


def watched(expression: str, definitions: Mapping[str, str]) -> Watched:
    """Return what ``expression`` watches, recorded series in ``definitions`` put in; raises PromQLError."""
    try:
        return _watched(expression, definitions)
    except RecursionError:
        raise PromQLError("is nested too deep") from None


def _watched(expression: str, definitions: Mapping[str, str]) -> Watched:
    normal = normal_form(expression, definitions)
    parsed = parse(normal_form(expression, definitions, guards=False))
    compared = tuple(_conditions(parsed))
    first = next(iter(compared), None)
    is_ratio = first is not None and _is_ratio(first.subject)
    read = tuple(_selections(expression, definitions))
    selections, jobs = frozenset(one.what for one in read), frozenset(job for one in read for job in one.jobs)
    return Watched(normal, first, selections, jobs, is_ratio, len(compared))


def selectors(node: ast.Expr) -> Iterator[ast.VectorSelector]:
    """Yield every selection of series in ``node``. (The parser's own ``walk`` takes minutes for a long chain.)"""
    match node:
        case ast.VectorSelector():
            yield node
        case ast.MatrixSelector():
            yield node.vector_selector
        case ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr() | ast.AggregateExpr():
            yield from selectors(node.expr)
        case ast.Call():
            for argument in node.args:
                yield from selectors(argument)
        case ast.BinaryExpr():
            yield from selectors(node.lhs)
            yield from selectors(node.rhs)


def series_name(selector: ast.VectorSelector) -> str | None:
    """Return the name of the selected series; ``None`` where the selector leaves it open."""
    if selector.name is not None:
        return selector.name
    names = [
        found.value
        for found in selector.matchers.matchers
        if found.name == "__name__" and found.op == ast.MatchOp.Equal
    ]
    return names[0] if len(names) == 1 else None


def _conditions(node: ast.Expr) -> Iterator[Condition]:
    node = unbracketed(node)
    match node:
        case ast.Call() if node.func.name in {"absent", "absent_over_time"}:
            yield Condition(write(unbracketed(node.args[0])), ABSENT, None)
        case ast.BinaryExpr() if str(node.op) in MIRRORED:
            limit = constant(node.rhs)
            if limit is None:
                yield Condition(write(unbracketed(node.lhs)), str(node.op), None)
            else:
                yield from _of_range(node.lhs)
                yield _unscaled(unbracketed(node.lhs), str(node.op), limit)
        case ast.BinaryExpr() if str(node.op) in {"and", "or"}:
            yield from _conditions(node.lhs)
            yield from _conditions(node.rhs)
        case ast.BinaryExpr() if str(node.op) == "unless":
            yield from _conditions(node.lhs)


def _of_range(node: ast.Expr) -> Iterator[Condition]:
    """Yield the lower end of a range such as ``x > 1 < 2``."""
    inner = unbracketed(node)
    if isinstance(inner, ast.BinaryExpr) and str(inner.op) in MIRRORED and constant(inner.rhs) is not None:
        yield from _conditions(inner)


def _unscaled(subject: ast.Expr, sign: str, limit: float) -> Condition:
    """Return the condition with constant factors of the subject, as of a percentage, divided out."""
    while isinstance(subject, ast.BinaryExpr) and str(subject.op) in {"*", "/"}:
        left, right = constant(subject.lhs), constant(subject.rhs)
        if right is not None and right > 0:
            limit = limit / right if str(subject.op) == "*" else limit * right
            subject = unbracketed(subject.lhs)
        elif left is not None and left > 0 and str(subject.op) == "*":
            limit /= left
            subject = unbracketed(subject.rhs)
        else:
            break
    return Condition(write(subject), sign, float(f"{limit:.12g}"))


def _is_ratio(subject: str) -> bool:
    node = unbracketed(parse(subject))
    if isinstance(node, ast.BinaryExpr) and constant(node.lhs) is not None:
        node = unbracketed(node.rhs)
    return isinstance(node, ast.BinaryExpr) and str(node.op) == "/"


@dataclass(frozen=True, slots=True)
class _Selection:
    """The name of a series, it with the matchers that say what is read, and its matchers of ``job``."""

    name: str
    what: str
    jobs: tuple[str, ...]


def _selections(
    expression: str, definitions: Mapping[str, str], within: frozenset[str] = _NOTHING
) -> Iterator[_Selection]:
    """Yield what is selected, in place of a recorded series what that is computed from; some remember themselves."""
    for selection in _selected(expression):
        name = selection.name
        if name in within:
            continue
        if name in definitions:
            yield from _selections(definitions[name], definitions, within | {name})
        else:
            yield selection


@cache
def _selected(expression: str) -> frozenset[_Selection]:
    return frozenset(map(_selection, selectors(parse(normal_form(expression)))))


def _selection(selector: ast.VectorSelector) -> _Selection:
    name, matchers = series_name(selector) or "", selector.matchers.matchers
    what = sorted(matcher(found) for found in matchers if found.name not in _PLACES and found.name != "__name__")
    jobs = tuple(matcher(found) for found in matchers if found.name == "job")
    return _Selection(name, f"{name}{{{', '.join(what)}}}", jobs)


def _takes(text: str, job: str) -> bool:
    """Return whether the matcher selects ``job``. Patterns of strangers are not run: they can take for ever."""
    sign, _, quoted = text.removeprefix("job").partition('"')
    value = quoted.removesuffix('"')
    is_taken = value == job
    if "~" in sign:
        middle = re.sub(r"^\.[*+]|\.[*+]$", "", value)
        is_plain = re.fullmatch(r"[A-Za-z0-9_:/|-]*", middle) is not None
        words = middle.split("|")
        is_taken = is_plain and (job in words if middle == value else any(word in job for word in words))
    return is_taken is not sign.startswith("!")
