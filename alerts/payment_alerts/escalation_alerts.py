"""Escalation as code: an incident that goes on is told to L2, then to L3, after the runbook's times.

What has been resolved, or silenced by its labels ``incident``, ``environment`` and ``namespace``, calls nobody: an
escalation carries them too, so that the silence that every message offers covers it.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup
from payment_alerts.escalation_scenarios import Stories
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import EscalationLevel, Team, escalation_after
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.incident_series import INCIDENT_LABELS, SINCE, STARTED
from payment_catalog.promql import number, quote
from payment_catalog.severities import INFORMING, Priority, Severity
from payment_catalog.signal import RecordingRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_catalog.catalog import Catalog
    from payment_catalog.incident import Incident
    from payment_catalog.settings import Settings

#: After a restart Prometheus tells anew how long an alert has been pending, but for a `for` of ten minutes or more (its
#: flag --rules.alert.for-grace-period): this outlasts a restart and such a `for`. What fires again within this time is
#: the same incident.
_REMEMBERED = "15m"

ESCALATION_FILE = "escalation.yaml"


def escalation_alerts(catalog: Catalog, groups: Sequence[AlertGroup]) -> tuple[AlertGroup, ...]:
    """Return the group that escalates the alerts of ``groups``; none where no environment wakes anybody."""
    environment = next((name for name, found in catalog.settings.environments.items() if found.page), None)
    if environment is None:
        return ()
    alerts = [alert for group in groups for alert in group.alerts]
    told = tuple(alert for alert in alerts if alert.severity not in INFORMING)
    untold = tuple(alert for alert in alerts if alert.severity in INFORMING)
    stories = Stories(catalog, environment, told, untold)
    return (
        AlertGroup(
            "payment-escalation",
            ESCALATION_FILE,
            tuple(_escalation(catalog, team, level, stories) for team in Team for level in EscalationLevel),
            (_started(catalog.settings, told), _since()),
            dashboard=Dashboard.ON_CALL,
        ),
    )


def _started(settings: Settings, alerts: Iterable[Alert]) -> RecordingRule:
    """Return when the first alert of each incident began to fire, which is when people were told.

    ``ALERTS_FOR_STATE`` says when it became pending: ``for`` is added.
    """
    quiet = settings.quiet_environments
    # Escalations are no incidents themselves: without them there is less to read.
    paging = f', environment!~"{"|".join(quiet)}"' if quiet else ""
    by_pending = groupby(sorted(alerts, key=lambda alert: alert.pending), lambda alert: alert.pending)
    began = "\n    or\n".join(f"    {_began([alert.name for alert in alike], after)}" for after, alike in by_pending)
    firing = f'{ALERTS}{{alertstate="firing", level=""{paging}}}'
    return RecordingRule(
        STARTED, f"min by ({INCIDENT_LABELS}) (\n  (\n{began}\n  )\n  and ignoring (alertstate) {firing}\n)"
    )


def _began(names: Sequence[str], pending: timedelta) -> str:
    matcher = f'{{alertname=~"{"|".join(names)}"}}'
    return f"{ALERTS_FOR_STATE}{matcher}" + (f" + {number(pending.total_seconds())}" if pending else "")


def _since() -> RecordingRule:
    """Return the same, remembered where the start is forgotten or the first of several alerts is over."""
    return RecordingRule(
        SINCE, f"last_over_time({SINCE}[{_REMEMBERED}]) < on ({INCIDENT_LABELS}) {STARTED}\nor\n{STARTED}"
    )


def _escalation(catalog: Catalog, team: Team, level: EscalationLevel, stories: Stories) -> Alert:
    row = catalog.escalation[team]
    incident = _first_incident(catalog, team)
    who = row.who(level)
    return Alert(
        name=f"{row.issue_type.replace(' ', '')}EscalatedTo{level}",
        expr="\nor\n".join(_overdue(team, priority, escalation_after(team, priority, level)) for priority in Priority),
        # The time that has passed is in the expression.
        pending=timedelta(0),
        severity=Severity.CRITICAL,
        priority=Priority.P0,
        team=team,
        incident=incident.key,
        summary=f"{level}, {who}: {{{{ $labels.incident }}}} is not resolved",
        description="The {{ $labels.priority }} incident {{ $labels.incident }} in "
        "{{ $labels.environment }} has gone on for {{ $value | humanizeDuration }}. A silence on it stops "
        "the escalation.",
        meaning=f"An incident of the type {row.issue_type} goes on, and nobody has silenced it: {level}, {who}, is "
        "called.",
        impact="That of the incident, for longer than the runbook leaves it to those who were told before.",
        scenarios=stories.of(team, level),
        silent_elsewhere=False,  # an incident is one, whichever job's alert it is
        from_series=frozenset({"incident", "priority"}),
        extra_labels={"level": level.value},
    )


def _overdue(team: Team, priority: Priority, after: timedelta) -> str:
    age = f"time() - {SINCE}{{team={quote(team)}, priority={quote(priority)}}}"
    return f"{age} >= {number(after.total_seconds())}"


def _first_incident(catalog: Catalog, team: Team) -> Incident:
    return next(incident for incident in catalog.incidents.values() if incident.team is team)
