"""The runbook's two security alerts: name, expression, duration, severity and summary to the letter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, in_turn, restarted, rising, service_target
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.service_metrics import FAILED_AUTH, SUSPICIOUS_API_CALLS
from payment_catalog.severities import Priority, Severity
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

_MINUTE = timedelta(minutes=1)


def security_alerts(catalog: Catalog) -> AlertGroup:
    """Return the runbook's group ``security-alerts``."""
    target = service_target(catalog.settings)
    return AlertGroup(
        "security-alerts",
        "security.yaml",
        (failed_auth_rate(target), suspicious_api_access(target)),
        dashboard=Dashboard.SECURITY,
    )


def _rate_scenarios(target: Target, metric: Metric, limit: float, pending: timedelta) -> tuple[Scenario, ...]:
    """Return scenarios around ``limit`` events a second."""
    at = timedelta(minutes=15)
    firing = (target.instance_labels,)

    def events(per_second: float, minutes: int = 15) -> tuple[InputSeries, ...]:
        return (target.series(metric.name, rising(per_second * 60, minutes)),)

    # Ten minutes of peace, and a window of 5 minutes.
    begins, full = in_turn(events(limit * 0.01, 9), events(limit * 1.02, 9)), timedelta(minutes=14) + pending
    return (
        Scenario("an attack for just as long as it takes", events(limit * 10), pending + _MINUTE, firing),
        Scenario("an attack, but not for long enough", events(limit * 10), pending),
        Scenario("just above the limit for just as long as it takes", begins, full, firing),
        Scenario("just above the limit, but not for long enough", begins, full - 2 * _MINUTE),
        Scenario("exactly at the limit", events(limit), at),
        Scenario("just below the limit", events(limit * 0.98), at),
        Scenario("everyday slips", events(limit * 0.01), at),
        Scenario("a restart after a long time", restarted(events(limit * 0.98, 11), events(0, 4)), at),
        Scenario("no service", (), at),
    )


def failed_auth_rate(target: Target) -> Alert:
    """Many requests with bad credentials."""
    pending = timedelta(minutes=2)
    return Alert(
        name="HighFailedAuthRate",
        expr="rate(failed_auth_total[5m]) > 10",
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.UNAUTHORIZED_ACCESS,
        logs=LogPattern.AUTH_FAILED,
        summary="High failed authentication rate detected",
        description="{{ $labels.instance }} in {{ $labels.environment }} refuses {{ $value | humanize }} requests a "
        "second for their credentials.",
        meaning="Somebody tries credentials, or a caller's key has been revoked or lost.",
        impact="None while the attempts fail; one that succeeds can read and refund payments.",
        scenarios=_rate_scenarios(target, FAILED_AUTH, 10, pending),
        silent_elsewhere=False,  # the runbook's rule names no job
    )


def suspicious_api_access(target: Target) -> Alert:
    """Many requests that look like an attack."""
    pending = timedelta(minutes=1)
    return Alert(
        name="SuspiciousAPIAccess",
        expr="rate(suspicious_api_calls[5m]) > 5",
        pending=pending,
        severity=Severity.CRITICAL,
        priority=Priority.P1,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.UNAUTHORIZED_ACCESS,
        summary="Suspicious API access pattern detected",
        description="{{ $labels.instance }} in {{ $labels.environment }} sees {{ $value | humanize }} suspicious "
        "requests a second.",
        meaning="Somebody scans for paths or data that the service does not offer them.",
        impact="None while the requests are refused; it is how an intrusion begins.",
        scenarios=_rate_scenarios(target, SUSPICIOUS_API_CALLS, 5, pending),
        silent_elsewhere=False,
    )
