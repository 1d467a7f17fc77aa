"""Rules and routes in which time passes faster: what takes minutes takes seconds, in the same proportions. Pure.

Divided by the speed are the windows of range selectors and subqueries, offsets, ``for``, ``keep_firing_for``, the
intervals of groups and the horizon of ``predict_linear``. So is a number that is an age: one that is compared with
an expression of ``time()``, and the ``for`` that an escalation adds to ``ALERTS_FOR_STATE``; and the window of so many
events in so many seconds, as in ``rate >= 5 / 300``. No window, ``for`` or ``keep_firing_for`` gets shorter than four
scrapes. Limits of rates, shares and durations stay as they are: an incident must be as bad as it would have to be in
real time, only not for as long.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import promql_parser as ast

from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.external_metrics import ALERTS_FOR_STATE
from payment_catalog.promql import parse
from payment_catalog.promql_text import write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_alerts.alert import Alert, AlertGroup

#: A rate over fewer scrapes says nothing when one of them fails.
_LEAST_SCRAPES = 4
_SHORTEST_SCRAPE = timedelta(seconds=1)
_COMPARATORS = frozenset({">", ">=", "<", "<=", "==", "!="})
_ROUTE_TIMES = ("group_wait", "group_interval", "repeat_interval")
#: Alertmanager refuses zero; nothing is told more often than this.
_SHORTEST_WAIT = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many times faster than real time; 1 changes nothing.

    ``scrape`` is between two scrapes and two evaluations. ``groups`` has those rule groups, by name, that run at a
    speed of their own.
    """

    speed: float
    scrape: timedelta
    groups: Mapping[str, float] = field(default_factory=dict)

    def of(self, group: AlertGroup) -> float:
        """Return the speed of a group."""
        return self.groups.get(group.name, self.speed)

    def window(self, length: timedelta, speed: float) -> timedelta:
        """Return a length of time at ``speed``, at least four scrapes; none stays none."""
        if speed <= 1 or not length:
            return length
        return max(length / speed, min(length, self.scrape * _LEAST_SCRAPES))


def scrape_interval(usual: timedelta, speed: float) -> timedelta:
    """Return how far apart scrapes are at ``speed``: not closer than a second, which targets can bear."""
    return max(usual / speed, _SHORTEST_SCRAPE)


def hastened(groups: Sequence[AlertGroup], pace: Pace) -> tuple[AlertGroup, ...]:
    """Return ``groups`` at their pace."""
    return tuple(_group(group, pace) for group in groups)


def hastened_expression(expression: str, pace: Pace, speed: float) -> str:
    """Return an expression at ``speed``; raises PromQLError where it cannot be parsed."""
    tree = parse(expression)
    if speed > 1:
        _hasten(tree, pace, speed)
    return write(tree)


def hastened_route(route: Mapping[str, Any], speed: float) -> dict[str, Any]:
    """Return a route of Alertmanager, with those below it, whose waits are shortened and whose mute times are gone."""
    waits = {
        name: format_duration(max(parse_duration(route[name]) / speed, _SHORTEST_WAIT))
        for name in _ROUTE_TIMES
        if name in route and speed > 1 and route[name] != "0s"
    }
    below = {"routes": [hastened_route(child, speed) for child in route["routes"]]} if "routes" in route else {}
    kept = {name: value for name, value in route.items() if name != "mute_time_intervals"}
    return {**kept, **waits, **below}


def _group(group: AlertGroup, pace: Pace) -> AlertGroup:
    speed = pace.of(group)
    interval = None if group.interval is None or group.interval / speed <= pace.scrape else group.interval / speed
    return replace(
        group,
        interval=interval,
        alerts=tuple(_alert(alert, pace, speed) for alert in group.alerts),
        recordings=tuple(replace(rule, expr=hastened_expression(rule.expr, pace, speed)) for rule in group.recordings),
    )


def _alert(alert: Alert, pace: Pace, speed: float) -> Alert:
    return replace(
        alert,
        expr=hastened_expression(alert.expr, pace, speed),
        pending=pace.window(alert.pending, speed),
        keep_firing=pace.window(alert.keep_firing, speed),
    )


def _hasten(node: ast.Expr, pace: Pace, speed: float) -> None:
    match node:
        case ast.VectorSelector():
            _shift(node, speed)
        case ast.MatrixSelector():
            node.range = pace.window(node.range, speed)
            _shift(node.vector_selector, speed)
        case ast.SubqueryExpr() if node.range:
            node.range = pace.window(node.range, speed)
            node.step = node.step / speed if node.step else None
            _shift(node, speed)
        case ast.Call() if node.func.name == "predict_linear":
            node.args[1].val /= speed
        case ast.BinaryExpr():
            _hasten_age(node, pace, speed)
    for operand in _operands(node):
        _hasten(operand, pace, speed)


def _shift(node: ast.VectorSelector | ast.SubqueryExpr, speed: float) -> None:
    if node.offset:
        node.offset = node.offset / speed


def _hasten_age(node: ast.BinaryExpr, pace: Pace, speed: float) -> None:
    """Shorten the number of ``age > 900``, of ``began + 60`` and of ``5 / 300``, events in seconds."""
    number = node.rhs
    if not isinstance(number, ast.NumberLiteral):
        return
    is_seconds_of_events = isinstance(node.lhs, ast.NumberLiteral) and str(node.op) == "/"
    if is_seconds_of_events or (str(node.op) in _COMPARATORS and _reads_clock(node.lhs)):
        number.val /= speed
    elif isinstance(node.lhs, ast.VectorSelector) and node.lhs.name == str(ALERTS_FOR_STATE):
        number.val = pace.window(timedelta(seconds=number.val), speed).total_seconds()


def _reads_clock(node: ast.Expr) -> bool:
    return (isinstance(node, ast.Call) and node.func.name == "time") or any(map(_reads_clock, _operands(node)))


def _operands(node: ast.Expr) -> tuple[ast.Expr, ...]:
    match node:
        case ast.BinaryExpr():
            return (node.lhs, node.rhs)
        case ast.Call():
            return tuple(node.args)
        case ast.AggregateExpr():
            return (node.expr,) if node.param is None else (node.param, node.expr)
        case ast.ParenExpr() | ast.UnaryExpr() | ast.SubqueryExpr():
            return (node.expr,)
    return ()
