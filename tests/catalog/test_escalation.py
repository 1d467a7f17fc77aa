"""When the runbook calls L2 and L3."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from payment_catalog.escalation import ESCALATION_MATRIX, EscalationLevel, Team, escalation_after
from payment_catalog.severities import SEVERITY_LEVELS, Priority

MINUTES = {
    Team.SERVICE_OUTAGE: {"P0": (0, 30), "P1": (30, 60), "P2": (240, 270), "P3": (1440, 1470)},
    Team.SECURITY_INCIDENT: {"P0": (0, 15), "P1": (15, 30), "P2": (240, 255), "P3": (1440, 1455)},
    Team.PERFORMANCE_ISSUE: {"P0": (0, 60), "P1": (60, 120), "P2": (240, 300), "P3": (1440, 1500)},
    Team.DATA_ISSUE: {"P0": (0, 120), "P1": (60, 180), "P2": (240, 360), "P3": (1440, 1560)},
}


@pytest.mark.parametrize(("team", "priority"), list(product(Team, Priority)))
def test_the_levels_are_called_after_the_runbooks_times(team: Team, priority: Priority) -> None:
    l2, l3 = (escalation_after(team, priority, level) for level in EscalationLevel)
    assert (l2, l3) == tuple(timedelta(minutes=minutes) for minutes in MINUTES[team][priority])


@pytest.mark.parametrize(("team", "priority"), list(product(Team, [Priority.P2, Priority.P3])))
def test_nobody_is_called_before_those_who_were_told_had_time_to_respond(team: Team, priority: Priority) -> None:
    assert escalation_after(team, priority, EscalationLevel.L2) > SEVERITY_LEVELS[priority].response


def test_the_matrix_names_who_is_called() -> None:
    assert ESCALATION_MATRIX[Team.SECURITY_INCIDENT].who(EscalationLevel.L2) == "Security Team"
    assert ESCALATION_MATRIX[Team.SECURITY_INCIDENT].who(EscalationLevel.L3) == "CISO"
