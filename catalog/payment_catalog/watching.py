"""What alerts watch, for the dashboards: so that a panel draws the very expression and limit of its alert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.promql import parse
from payment_catalog.thresholds import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_catalog.dashboards import Dashboard
    from payment_catalog.severities import Severity
    from payment_catalog.signals import RecordingRule

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
    dashboard: Dashboard

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Every comparison with a number, from the left."""
        return tuple(_limits(parse(self.expr)))

    @property
    def limit(self) -> Limit:
        """The first comparison with a number; raises ValueError when there is none."""
        if not self.limits:
            raise ValueError(f"{self.name} compares nothing with a number: {self.expr}")
        return self.limits[0]

    @property
    def bound(self) -> str:
        """The first expression that another one is compared with; raises ValueError when there is none."""
        found = next(_bounds(parse(self.expr)), None)
        if found is None:
            raise ValueError(f"{self.name} compares nothing with an expression: {self.expr}")
        return found


@dataclass(frozen=True, slots=True)
class Watching:
    """All alerts by name, and the series that are recorded for them."""

    alerts: Mapping[str, WatchedAlert]
    recordings: tuple[RecordingRule, ...]

    def of(self, dashboard: Dashboard) -> tuple[WatchedAlert, ...]:
        """Return the alerts that ``dashboard`` is about, in the order of their rules."""
        return tuple(alert for alert in self.alerts.values() if alert.dashboard is dashboard)


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
                yield Limit(within[0].expr if within else str(node.lhs), side, node.rhs.val)
            else:
                yield from _limits(node.lhs)
                yield from _limits(node.rhs)


def _bounds(node: ast.Expr) -> Iterator[str]:
    match node:
        case ast.ParenExpr():
            yield from _bounds(node.expr)
        case ast.BinaryExpr():
            if _compares(node) and not isinstance(node.rhs, ast.NumberLiteral):
                yield str(node.rhs)
            else:
                yield from _bounds(node.lhs)
                yield from _bounds(node.rhs)


def _compares(node: ast.Expr) -> bool:
    return isinstance(node, ast.BinaryExpr) and str(node.op) in _SIDES
