"""Which rules of a bundle can be evaluated over a history, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.promql import analyse, parse
from payment_catalog.promql_text import places

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import timedelta

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.signal import RecordingRule

#: Have a result though nothing that they read exists.
_FROM_NOTHING = frozenset({"absent", "absent_over_time", "vector"})
_ALWAYS = "it is never silent: it shows that alerts arrive"
_OWN_STATE = "it reads what Prometheus writes down about its own alerts, which only live evaluation does"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule, the interval of its group, and the names that it reads."""

    rule: RecordingRule
    interval: timedelta | None
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert, the interval of its group, and the names that it reads."""

    alert: Alert
    interval: timedelta | None
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Order:
    """The alerts to judge, the recordings that they need, in levels, and why others are left out.

    A recording reads only what is scraped and what those of the levels before it have recorded.
    """

    levels: tuple[tuple[Recording, ...], ...]
    alerts: tuple[Judged, ...]
    left_out: Mapping[str, str]

    @property
    def recorded(self) -> frozenset[str]:
        """The names of all recordings that are needed."""
        return frozenset(recording.rule.record for level in self.levels for recording in level)

    @property
    def scraped(self) -> frozenset[str]:
        """The names of everything else that is read."""
        read = [alert.reads for alert in self.alerts]
        read += [recording.reads for level in self.levels for recording in level]
        return frozenset[str]().union(*read) - self.recorded


def order(groups: Iterable[AlertGroup]) -> Order:
    """Return what to evaluate of ``groups``: recordings that no alert reads, such as those of dashboards, are not."""
    groups = tuple(groups)
    recordings = [Recording(rule, group.interval, reads(rule.expr)) for group in groups for rule in group.recordings]
    levels, impossible = _levels(recordings)
    judged: list[Judged] = []
    left_out: dict[str, str] = {}
    for group in groups:
        for alert in group.alerts:
            found = Judged(alert, group.interval, reads(alert.expr))
            if alert.always:
                left_out[alert.name] = _ALWAYS
            elif found.reads & impossible:
                left_out[alert.name] = _OWN_STATE
            else:
                judged.append(found)
    needed = _needed(levels, judged)
    kept = (tuple(recording for recording in level if recording.rule.record in needed) for level in levels)
    return Order(tuple(level for level in kept if level), tuple(judged), left_out)


def reads(expression: str) -> frozenset[str]:
    """Return the names of the series that ``expression`` selects."""
    return analyse(expression, {}).selected


def can_have_result(expression: str, names: Collection[str], read: frozenset[str]) -> bool:
    """Tell whether ``expression``, which selects ``read``, can have a result when there are only series of ``names``.

    A cautious answer: it is no only where none of them exists, and nothing in it makes a result of that.
    """
    if not read or not read.isdisjoint(names):
        return True
    called = (place.node for place in places(parse(expression)) if isinstance(place.node, ast.Call))
    return any(call.func.name in _FROM_NOTHING for call in called)


def _levels(recordings: Iterable[Recording]) -> tuple[list[list[Recording]], set[str]]:
    """Return the recordings level by level, and the names of which there is no history.

    These are ALERTS and its like, and what is recorded from them or from itself.
    """
    impossible = {ALERTS.name, ALERTS_FOR_STATE.name}
    left = list(recordings)
    levels: list[list[Recording]] = []
    while left:
        pending = {recording.rule.record for recording in left}
        level = [recording for recording in left if recording.reads.isdisjoint(pending | impossible)]
        if not level:
            return levels, impossible | pending
        levels.append(level)
        left = [recording for recording in left if recording not in level]
    return levels, impossible


def _needed(levels: Iterable[Iterable[Recording]], alerts: Iterable[Judged]) -> set[str]:
    needed = {name for judged in alerts for name in judged.reads}
    for level in reversed([*levels]):
        for recording in level:
            if recording.rule.record in needed:
                needed |= recording.reads
    return needed
