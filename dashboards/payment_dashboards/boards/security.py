"""The dashboard ``payment-security``: is somebody attacking us, with what, from where, and does it get through?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.promql import quote
from payment_catalog.request_series import request_series
from payment_catalog.service_metrics import FAILED_AUTH, SECURITY_EVENTS, SUSPICIOUS_API_CALLS
from payment_catalog.signal import Query
from payment_catalog.signals import service_job
from payment_catalog.thresholds import Unit
from payment_catalog.vocabulary import SecurityEvent
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.firing import alert_column
from payment_dashboards.boards.security_events import credential_row, event_row, rare_event_row
from payment_dashboards.boards.security_floods import flood_row, share_of_flood
from payment_dashboards.colours import PRIORITIES
from payment_dashboards.limits import Limits
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

_OURS = f"team={quote(Team.SECURITY_INCIDENT)}"
_FIRING = f'alertstate="firing", {_OURS}'


def security(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.SECURITY,
        "Is somebody attacking the payment service: failed authentication, suspicious requests, security events and "
        "floods, each with the limit of its alert; which instance sees it, and what the logs say.",
        (
            Row(
                "Is somebody attacking us?",
                (
                    alerts_firing(),
                    pace(kit, "Failed auth", "FailedAuthAcrossInstances", "HighFailedAuthRate"),
                    pace(kit, "Suspicious calls", "SuspiciousAccessAcrossInstances", "SuspiciousAPIAccess"),
                    pace(kit, "Paths scanned", "PathScanning"),
                    pace(kit, "Rate limited", "RequestsRateLimited"),
                    share_of_flood(kit),
                ),
            ),
            rare_event_row(kit),
            Row("Which alerts fire, and where?", (which_alerts(kit), which_instance(kit))),
            credential_row(kit),
            event_row(kit),
            flood_row(kit),
        ),
    )


def alerts_firing() -> Stat:
    """Return the number of alerts for the security team."""
    return Stat(
        title="Security alerts",
        description="Alerts for the security team that fire now.",
        queries=(Query(f"count({ALERTS}{{{_FIRING}}}) or vector(0)"),),
        limits=Limits(critical=1),
    )


def pace(kit: Kit, title: str, alert: str, *others: str) -> Stat:
    """Return how often a second it happens, over all instances, with the limit of ``alert``."""
    return Stat(
        title=title,
        description=f"{title}: requests a second, over all instances, with the limit of {alert}.",
        queries=(kit.worst(alert),),
        unit=Unit.PER_SECOND,
        limits=kit.limits(alert),
        links=kit.runbooks(alert, *others),
        sparkline=True,
    )


def which_alerts(kit: Kit) -> Table:
    """Return the security alerts that fire."""
    labels = "environment, namespace, alertname, priority, incident"
    since = f"min by ({labels}) ({ALERTS_FOR_STATE}{{{_OURS}}} and ignoring (alertstate) {ALERTS}{{{_FIRING}}}) * 1000"
    return Table(
        title="Security alerts that fire",
        description="What fires now for the security team, which of the runbook's incidents it may be, and since when.",
        queries=(Query(since),),
        unit=Unit.MILLISECONDS_SINCE_EPOCH,
        columns=(
            Column(source="priority", title="Priority", width=80, words=PRIORITIES),
            alert_column(kit.settings),
            Column(source="incident", title="Incident", width=160),
            Column(source="environment", title="Environment", width=110),
            Column(source="Value", title="Began", unit=Unit.MILLISECONDS_SINCE_EPOCH, width=130),
        ),
        sort="Priority",
        no_value="no security alert fires",
        width=14,
    )


def which_instance(kit: Kit) -> Table:
    """Return what each instance sees a second."""
    job = service_job(kit.settings)
    counted = {
        "Failed/s": f"{FAILED_AUTH}{{{job}}}",
        "Suspicious/s": f"{SUSPICIOUS_API_CALLS}{{{job}}}",
        "Limited/s": f"{SECURITY_EVENTS}{{{job}, type={quote(SecurityEvent.RATE_LIMITED)}}}",
    }
    limits = {"Failed/s": kit.limits("HighFailedAuthRate"), "Suspicious/s": kit.limits("SuspiciousAPIAccess")}
    return Table(
        title="Which instance?",
        description="What each instance sees a second: requests, failed authentication, suspicious calls, and what the "
        "rate limiter refused. An attack on one address shows at one of them; one through the "
        "load balancer at all.",
        queries=(
            Query(f"sum by (environment, instance) ({request_series(kit.settings).by_instance})"),
            *(
                Query(f"sum by (environment, instance) (rate({selector}[$__rate_interval]))")
                for selector in counted.values()
            ),
        ),
        columns=(
            Column(source="instance", title="Instance"),
            *(
                Column(source=f"Value #{letter}", title=title, unit=Unit.COUNT, width=90, limits=limits.get(title))
                for letter, title in zip("ABCD", ("Requests/s", *counted), strict=True)
            ),
        ),
        sort="Suspicious/s",
        descending=True,
        links=kit.runbooks("HighFailedAuthRate", "SuspiciousAPIAccess"),
        width=10,
    )
