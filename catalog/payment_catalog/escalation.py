"""The runbook's escalation matrix: who is asked first, second and third, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Team(StrEnum):
    """The ``team`` label: the issue types of the escalation matrix."""

    SERVICE_OUTAGE = "service-outage"
    SECURITY_INCIDENT = "security-incident"
    PERFORMANCE_ISSUE = "performance-issue"
    DATA_ISSUE = "data-issue"


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """A row of the matrix; ``after`` is the time without resolution until the next level is asked."""

    team: Team
    issue_type: str
    l1: str
    l2: str
    l3: str
    after: timedelta


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
