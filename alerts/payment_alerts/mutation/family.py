"""A rule with the rules that read it: what must be tried together when the rule changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.external_metrics import ALERTS
from payment_catalog.promql import parse
from payment_catalog.promql_text import places

if TYPE_CHECKING:
    from payment_alerts.alert import Alert, AlertGroup, Scenario
    from payment_catalog.signal import RecordingRule

    #: A scenario with the name of its alert.
    _Proof = tuple[str, Scenario]


@dataclass(frozen=True, slots=True)
class Family:
    """A rule of a group with the rules that read it, directly or through others: all that a mutant of it changes."""

    group: AlertGroup
    rule: str
    recordings: tuple[RecordingRule, ...]
    alerts: tuple[Alert, ...]

    @property
    def needed(self) -> tuple[RecordingRule, ...]:
        """The recording rules of the group, beside the family's own, that it reads, directly or through others.

        Where it reads the state of alerts, all: the other alerts read them as they are declared.
        """
        if self.silent:
            return self.group.recordings
        own = {recording.record for recording in self.recordings}
        read = _read_in(self.group.recordings, self.alerts)
        return tuple(recording for recording in read if recording.record not in own)

    @property
    def silent(self) -> tuple[Alert, ...]:
        """The alerts of the group, without tests, where the family reads the state of alerts."""
        expressions = (*(rule.expr for rule in self.recordings), *(alert.expr for alert in self.alerts))
        if not any(ALERTS.name in _read_by(expr) for expr in expressions):
            return ()
        return tuple(replace(alert, scenarios=()) for alert in self.group.alerts)

    @property
    def rounds(self) -> tuple[Family, ...]:
        """The family with some of its scenarios at a time, together all of them.

        First the cheapest of each outcome, which kill most mutants, those of one alert before those of the next. Each
        further round costs at most as much as all before it, or is a single scenario: what cheap ones kill is spared
        the dear ones, in few rounds.
        """
        proofs = sorted(((alert.name, found) for alert in self.alerts for found in alert.scenarios), key=_evaluations)
        outcomes = {(name, bool(scenario.firing)): (name, scenario) for name, scenario in reversed(proofs)}
        cheapest = sorted(outcomes.values(), key=lambda proof: self._position(proof[0]))
        rounds = [[proof for proof in cheapest if proof[0] == cheapest[0][0]]]
        for proof in (*cheapest, *proofs):
            if any(proof in chosen for chosen in rounds):
                continue
            *before, latest = (sum(map(_evaluations, chosen)) for chosen in rounds)
            if latest + _evaluations(proof) > sum(before):
                rounds.append([])
            rounds[-1].append(proof)
        return tuple(self._only(chosen) for chosen in rounds)

    def _position(self, alert: str) -> int:
        return next(index for index, found in enumerate(self.alerts) if found.name == alert)

    def _only(self, proofs: list[_Proof]) -> Family:
        """Return the family with ``proofs`` only, and the rules that these are about."""
        reduced = (
            replace(alert, scenarios=tuple(scenario for name, scenario in proofs if name == alert.name))
            for alert in self.alerts
        )
        alerts = tuple(alert for alert in reduced if alert.scenarios)
        return replace(self, alerts=alerts, recordings=_read_in(self.recordings, alerts))

    @property
    def cost(self) -> float:
        """How long its tests take, in no unit: how many of its rules they evaluate."""
        evaluations = sum(_evaluations((alert.name, found)) for alert in self.alerts for found in alert.scenarios)
        return evaluations * (len(self.recordings) + len(self.alerts))


def families(group: AlertGroup) -> tuple[Family, ...]:
    """Return a family for each alert, and for each recording rule that an alert of the group reads."""
    recorded = (_of_recording(group, recording) for recording in group.recordings)
    alerts = (Family(group, alert.name, (), (alert,)) for alert in group.alerts)
    return (*(family for family in recorded if family.alerts), *alerts)


def _evaluations(proof: _Proof) -> int:
    _, scenario = proof
    return scenario.at // scenario.every + 1


def _read_in(recordings: tuple[RecordingRule, ...], alerts: tuple[Alert, ...]) -> tuple[RecordingRule, ...]:
    """Return those of ``recordings`` that ``alerts`` read, directly or through others."""
    read = set().union(*(_read_by(alert.expr) for alert in alerts))
    found = []
    for recording in reversed(recordings):
        if recording.record in read:
            found.append(recording)
            read |= _read_by(recording.expr)
    return tuple(reversed(found))


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
