"""A rule with the rules that read it: what must be tried together when the rule changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_alerts.mutation.places import places
from payment_catalog.external_metrics import ALERTS
from payment_catalog.promql import parse

if TYPE_CHECKING:
    from payment_alerts.alert import Alert, AlertGroup, Scenario
    from payment_catalog.signals import RecordingRule


@dataclass(frozen=True, slots=True)
class Family:
    """A rule of a group with the rules that read it, directly or through others: all that a mutant of it changes."""

    group: AlertGroup
    rule: str
    recordings: tuple[RecordingRule, ...]
    alerts: tuple[Alert, ...]

    @property
    def needed(self) -> tuple[RecordingRule, ...]:
        """The recording rules of the group that the family reads, directly or through others."""
        read = self._read()
        needed = []
        for recording in reversed(self.group.recordings):
            if recording.record in read:
                needed.append(recording)
                read |= _read_by(recording.expr)
        return tuple(reversed(needed))

    @property
    def silent(self) -> tuple[Alert, ...]:
        """The alerts of the group, without tests, where the family reads the state of alerts."""
        if ALERTS.name not in self._read():
            return ()
        return tuple(replace(alert, scenarios=()) for alert in self.group.alerts)

    @property
    def rounds(self) -> tuple[Family, ...]:
        """The family with its shortest scenario of each outcome, which kill most mutants, and with the others."""
        early, late = [], []
        for alert in self.alerts:
            shortest = _shortest(alert, firing=True) + _shortest(alert, firing=False)
            early.append(replace(alert, scenarios=shortest))
            others = tuple(scenario for scenario in alert.scenarios if scenario not in shortest)
            late.append(replace(alert, scenarios=others))
        return tuple(
            replace(self, alerts=tuple(alerts)) for alerts in (early, late) if any(alert.scenarios for alert in alerts)
        )

    def _read(self) -> set[str]:
        expressions = (*(rule.expr for rule in self.recordings), *(alert.expr for alert in self.alerts))
        return set().union(*map(_read_by, expressions))

    @property
    def cost(self) -> float:
        """How long its tests take, in no unit."""
        return sum(scenario.at.total_seconds() for alert in self.alerts for scenario in alert.scenarios)


def families(group: AlertGroup) -> tuple[Family, ...]:
    """Return a family for each alert, and for each recording rule that an alert of the group reads."""
    recorded = (_of_recording(group, recording) for recording in group.recordings)
    alerts = (Family(group, alert.name, (), (alert,)) for alert in group.alerts)
    return (*(family for family in recorded if family.alerts), *alerts)


def _shortest(alert: Alert, *, firing: bool) -> tuple[Scenario, ...]:
    alike = [scenario for scenario in alert.scenarios if bool(scenario.firing) is firing]
    return tuple(sorted(alike, key=lambda scenario: scenario.at)[:1])


def _of_recording(group: AlertGroup, recording: RecordingRule) -> Family:
    names = {recording.record}
    recordings = [recording]
    for other in group.recordings:
        if other.record not in names and names & _read_by(other.expr):
            names.add(other.record)
            recordings.append(other)
    alerts = tuple(alert for alert in group.alerts if names & _read_by(alert.expr))
    return Family(group, recording.record, tuple(recordings), alerts)


def _read_by(expression: str) -> set[str]:
    nodes = [place.node for place in places(parse(expression))]
    inner = [node.vector_selector if isinstance(node, ast.MatrixSelector) else node for node in nodes]
    return {node.name for node in inner if isinstance(node, ast.VectorSelector) and node.name}
