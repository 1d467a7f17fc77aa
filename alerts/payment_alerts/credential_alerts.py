"""An alert on failed authentications that go on, too slowly for the alerts on their pace.

The service does not publish who tried: many keys from many addresses look as one client with a revoked key does. What
tells them apart is in the log, by address.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, rising, service_target, steady, then
from payment_catalog import service_metrics as metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, service_job
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: Failed authentications a second, 360 in an hour: no person mistypes so often.
PACE = 0.1
PACE_WINDOW = timedelta(minutes=15)

_MINUTE = timedelta(minutes=1)


def credential_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on credentials."""
    alert = failed_auth_persists(service_job(catalog.settings), service_target(catalog.settings))
    return AlertGroup("payment-credentials", "credentials.yaml", (alert,), dashboard=Dashboard.SECURITY)


def failed_auth_persists(job: str, target: Target) -> Alert:
    """Failed authentications go on for an hour, however slowly."""
    failed = f"{metrics.FAILED_AUTH}{{{job}}}"
    window = format_duration(PACE_WINDOW)
    pending = timedelta(hours=1)
    at = timedelta(minutes=100)
    minutes = at // _MINUTE

    def tried(*per_second: float) -> tuple[InputSeries, ...]:
        return tuple(
            by.series(metrics.FAILED_AUTH.name, rising(60 * pace, minutes))
            for by, pace in zip((target, target.second), per_second, strict=False)
        )

    def counted(*course: str) -> tuple[InputSeries, ...]:
        return (target.series(metrics.FAILED_AUTH.name, then(*course)),)

    firing = (target.job_labels,)
    return Alert(
        name="FailedAuthPersists",
        expr=f"sum by ({JOB}) (rate({failed}[{window}])) > {number(PACE)}",
        # A key that expired is noticed and replaced within the hour; whoever works through a list goes on.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.UNAUTHORIZED_ACCESS,
        logs=LogPattern.AUTH_FAILED,
        summary="Failed authentications of {{ $labels.job }} go on",
        description="{{ $value | humanize }} authentications a second have failed for an hour in "
        "{{ $labels.environment }}.",
        meaning="Somebody works through a list of keys from many addresses, or a client goes on with a revoked key.",
        impact="None while the attempts fail; one that succeeds can read and refund payments.",
        scenarios=(
            Scenario("one a second", tried(1), at, firing),
            Scenario("just above the pace", tried(PACE * 1.02), at, firing),
            Scenario("spread over instances", tried(PACE * 0.6, PACE * 0.6), at, firing),
            Scenario("for as long as it takes", tried(1), pending + 2 * _MINUTE, firing),
            Scenario("the pod restarts", counted(rising(60, 95), rising(60, 10)), at, firing),
            Scenario(
                "in bursts every twelve minutes",
                counted(*(f"{200 * burst}+0x11" for burst in range(12))),
                at,
                firing,
            ),
            Scenario("just below the pace", tried(PACE * 0.98), at),
            Scenario("just below the pace, spread over instances", tried(PACE * 0.49, PACE * 0.49), at),
            Scenario("everyday slips", tried(PACE * 0.1), at),
            Scenario("one burst half an hour ago", counted(steady(0, 68), steady(5000, 40)), at),
            Scenario("not for long enough", tried(1), pending),
            Scenario("no data", (), at),
        ),
    )
