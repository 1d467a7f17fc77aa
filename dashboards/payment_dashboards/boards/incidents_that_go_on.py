"""Panels on incidents that go on: how long they have, and how long it is until the next people are called."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import EscalationLevel, Team, escalation_after
from payment_catalog.external_metrics import ALERTS
from payment_catalog.incident_series import SINCE
from payment_catalog.links import runbooks_url
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority
from payment_catalog.signal import Query
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.colours import CRITICAL, PRIORITIES
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.panel import Link
from payment_dashboards.panels.stat import State
from payment_dashboards.panels.states import States
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

_NO_INCIDENT = "no incident goes on"
_CALLED = State(word="called", colour=CRITICAL)
#: The runbook's pace of status updates: who has less left should prepare the escalation.
_SOON = Limits(Side.BELOW, warning=15 * 60)


def escalations_of(kit: Kit) -> tuple[str, ...]:
    """Return the alerts that escalate incidents; none where no environment wakes anybody."""
    return tuple(alert.name for alert in kit.watching.of(Dashboard.ON_CALL) if SINCE in alert.expr)


def incidents_that_go_on(kit: Kit) -> Table:
    """Return each incident with the time that is left until its next levels are called."""
    return Table(
        title="Incidents and their escalation",
        description="Incidents that go on in environments that call somebody, and how long it is until L2 and L3 of "
        "the escalation matrix are called. A silence on the incident stops that.",
        queries=(Query(_age()), *(Query(_left(level)) for level in EscalationLevel)),
        unit=Unit.SECONDS,
        columns=(
            Column(source="priority", title="Priority", width=65, words=PRIORITIES),
            Column(source="incident", title="Incident"),
            Column(source="team", title="Team", width=130),
            Column(source="environment", title="Environment", width=95),
            Column(source="Value #A", title="Goes on for", unit=Unit.SECONDS, width=85),
            *(
                Column(
                    source=f"Value #{letter}",
                    title=f"{level} in",
                    unit=Unit.SECONDS,
                    width=75,
                    limits=_SOON,
                    states={0: _CALLED},
                )
                for letter, level in zip("BC", EscalationLevel, strict=True)
            ),
        ),
        sort="Priority",
        links=kit.runbooks(*escalations_of(kit)),
        no_value=_NO_INCIDENT,
        width=15,
    )


def ages(kit: Kit) -> OverTime:
    """Return how long incidents had gone on, at any time."""
    after = min(escalation_after(team, Priority.P1, EscalationLevel.L2) for team in Team)
    return OverTime(
        title="How long incidents go on",
        description="Time since the first alert of the incident began to fire; an incident that ends falls away. "
        f"The dashed line is the shortest time to L2 of a {Priority.P1}.",
        queries=(Query(f"max by (incident, priority) ({_age()})", "{{incident}} {{priority}}"),),
        unit=Unit.SECONDS,
        limits=Limits(warning=after.total_seconds()),
        links=kit.runbooks(*escalations_of(kit)),
        no_value=_NO_INCIDENT,
        width=9,
    )


def escalations(kit: Kit) -> States:
    """Return when which people of L2 and L3 were called."""
    levels = quote("|".join(EscalationLevel))
    page = f"{runbooks_url(kit.settings)}/${{__field.labels.alertname}}.md"
    return States(
        title="Who was called in addition",
        description="Escalations to L2 and L3 while they fire: each calls the people of the escalation matrix.",
        queries=(Query(f'max by (alertname) ({ALERTS}{{alertstate="firing", level=~{levels}}})', "{{alertname}}"),),
        states={1: _CALLED},
        value_links=(Link("Runbook page", page),),
        no_value="no escalation",
        width=24,
        height=6,
    )


def _age() -> str:
    return f"time() - {SINCE}"


def _left(level: EscalationLevel) -> str:
    """Return the seconds until ``level`` is called for each incident, 0 where it is."""
    times = sorted((priority, escalation_after(team, priority, level), team) for priority in Priority for team in Team)
    return " or ".join(
        f"clamp_min({SINCE}{{priority={quote(priority)}, team=~{quote('|'.join(team for *_, team in alike))}}} + "
        f"{number(after.total_seconds())} - time(), 0)"
        for (priority, after), alike in groupby(times, lambda time: time[:2])
    )
