"""Severity levels P0–P3 of the runbook, and Prometheus' usual severities beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Severity(StrEnum):
    """The conventional ``severity`` label."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    #: Of what is no matter at all. kube-prometheus' rule InfoInhibitor silences ``info`` where nothing else fires.
    NONE = "none"


#: Nobody is asked to do anything about these.
INFORMING = (Severity.INFO, Severity.NONE)


class Priority(StrEnum):
    """The ``priority`` label: the runbook's levels."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


@dataclass(frozen=True, slots=True)
class SeverityLevel:
    """A row of the runbook's table *Severity Levels*. An ``escalation`` of zero is "Immediate"."""

    priority: Priority
    title: str
    description: str
    response: timedelta
    escalation: timedelta


SEVERITY_LEVELS: dict[Priority, SeverityLevel] = {
    level.priority: level
    for level in (
        SeverityLevel(
            Priority.P0,
            "Critical",
            "Service completely down, major revenue impact",
            timedelta(minutes=15),
            timedelta(0),
        ),
        SeverityLevel(
            Priority.P1,
            "High",
            "Significant functionality loss, revenue impact",
            timedelta(minutes=30),
            timedelta(hours=1),
        ),
        SeverityLevel(
            Priority.P2,
            "Medium",
            "Partial functionality loss, limited impact",
            timedelta(hours=2),
            timedelta(hours=4),
        ),
        SeverityLevel(Priority.P3, "Low", "Minor issues, no revenue impact", timedelta(hours=8), timedelta(hours=24)),
    )
}
