"""What alerts watch, for the dashboards: so that a panel draws the very expression and limit of its alert."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.promql import parse
from payment_catalog.promql_text import write
from payment_catalog.thresholds import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.severities import Severity
    from payment_catalog.signal import RecordingRule

_SIDES = {">": Side.ABOVE, ">=": Side.ABOVE, "<": Side.BELOW, "<=": Side.BELOW}


@dataclass(frozen=True, slots=True)
class Limit:
    """An expression and the number on whose side ``bad`` it is bad, in the expression's unit."""

    expr: str
    bad: Side
    value: float


@dataclass(frozen=True, slots=True)
class WatchedAlert:
    """An alert as dashboards need it: its rule's expression, and the dashboard that shows what it is about."""

    name: str
    expr: str
    severity: Severity
    dashboard: AnyDashboard

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Every comparison with a number, from the left."""
        return _limits_of(self.expr)

    @property
    def limit(self) -> Limit:
        """The first comparison with a number; raises ValueError when there is none."""
        if not self.limits:
            raise ValueError(f"{self.name} compares nothing with a number: {self.expr}")
        return self.limits[0]

    @property
    def window(self) -> timedelta:
        """The range over which it looks back first; raises ValueError where it looks at the present alone."""
        ranges: list[timedelta] = []
        ast.walk(parse(self.expr), lambda node: ranges.extend(_ranges(node)))
        if not ranges:
            raise ValueError(f"{self.name} looks back over no range: {self.expr}")
        return ranges[0]

    @property
    def sides(self) -> tuple[str, str]:
        """What the alert compares, and what it compares it with, if that is no number: the first such comparison.

        Raises ValueError where it compares nothing so.
        """
        found = next(_comparisons(parse(self.expr)), None)
        if found is None:
            raise ValueError(f"{self.name} compares nothing with another series: {self.expr}")
        return found


@dataclass(frozen=True, slots=True)
class Watching:
    """All alerts by name, and the series that are recorded for them."""

    alerts: Mapping[str, WatchedAlert]
    recordings: tuple[RecordingRule, ...]

    def of(self, dashboard: AnyDashboard) -> tuple[WatchedAlert, ...]:
        """Return the alerts that ``dashboard`` is about, in the order of their rules."""
        return tuple(alert for alert in self.alerts.values() if alert.dashboard == dashboard)


def _ranges(node: ast.Expr) -> tuple[timedelta, ...]:
    return (node.range,) if isinstance(node, ast.MatrixSelector) else ()


@cache
def _limits_of(expression: str) -> tuple[Limit, ...]:
    return tuple(_limits(parse(expression)))


def _limits(node: ast.Expr) -> Iterator[Limit]:
    match node:
        case ast.ParenExpr():
            yield from _limits(node.expr)
        case ast.BinaryExpr():
            side = _SIDES.get(str(node.op))
            if side is not None and isinstance(node.rhs, ast.NumberLiteral):
                # Of a range, as in "x > 1 < 2", both ends are limits of x.
                within = tuple(_limits(node.lhs)) if _compares(node.lhs) else ()
                yield from within
                yield Limit(within[0].expr if within else write(node.lhs), side, node.rhs.val)
            else:
                yield from _limits(node.lhs)
                yield from _limits(node.rhs)


def _comparisons(node: ast.Expr) -> Iterator[tuple[str, str]]:
    match node:
        case ast.ParenExpr():
            yield from _comparisons(node.expr)
        case ast.BinaryExpr():
            if _compares(node) and not isinstance(node.rhs, ast.NumberLiteral):
                yield write(node.lhs), write(node.rhs)
            else:
                yield from _comparisons(node.lhs)
                yield from _comparisons(node.rhs)


def _compares(node: ast.Expr) -> bool:
    return isinstance(node, ast.BinaryExpr) and str(node.op) in _SIDES
