"""The runbook's escalation matrix: who is asked first, second and third, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from payment_catalog.severities import SEVERITY_LEVELS, Priority


class Team(StrEnum):
    """The ``team`` label: the issue types of the escalation matrix."""

    SERVICE_OUTAGE = "service-outage"
    SECURITY_INCIDENT = "security-incident"
    PERFORMANCE_ISSUE = "performance-issue"
    DATA_ISSUE = "data-issue"


class EscalationLevel(StrEnum):
    """The ``level`` label: whom an alert calls that L1, who was told first, has not resolved."""

    L2 = "L2"
    L3 = "L3"


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """A row of the matrix; ``after`` is the time without resolution until the next level is asked."""

    team: Team
    issue_type: str
    l1: str
    l2: str
    l3: str
    after: timedelta

    def who(self, level: EscalationLevel) -> str:
        """Return the people of ``level``."""
        return {EscalationLevel.L2: self.l2, EscalationLevel.L3: self.l3}[level]


ESCALATION_MATRIX: dict[Team, EscalationRow] = {
    row.team: row
    for row in (
        EscalationRow(
            Team.SERVICE_OUTAGE,
            "Service Outage",
            "On-call Engineer",
            "Senior Engineer",
            "Architecture Team",
            timedelta(minutes=30),
        ),
        EscalationRow(
            Team.SECURITY_INCIDENT,
            "Security Incident",
            "On-call Engineer",
            "Security Team",
            "CISO",
            timedelta(minutes=15),
        ),
        EscalationRow(
            Team.PERFORMANCE_ISSUE,
            "Performance Issue",
            "On-call Engineer",
            "Performance Team",
            "Architecture Team",
            timedelta(hours=1),
        ),
        EscalationRow(
            Team.DATA_ISSUE,
            "Data Issue",
            "On-call Engineer",
            "DBA Team",
            "Data Engineering",
            timedelta(hours=2),
        ),
    )
}

#: Priorities at which L2 is asked as soon as either table says so. At the others the matrix' minutes would be over
#: before the response time is.
_HURRIED = (Priority.P0, Priority.P1)


def escalation_after(team: Team, priority: Priority, level: EscalationLevel) -> timedelta:
    """Return how long after the first message ``level`` is called, from the runbook's two tables.

    L2: after the escalation time of the priority, P0 and P1 after the team's where that is shorter. L3: the team's time
    later. Zero is "Immediate".
    """
    severity, matrix = SEVERITY_LEVELS[priority].escalation, ESCALATION_MATRIX[team].after
    l2 = min(severity, matrix) if priority in _HURRIED else severity
    return l2 if level is EscalationLevel.L2 else l2 + matrix
