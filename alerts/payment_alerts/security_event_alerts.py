"""An alert for each kind of security event, over all instances of the service together.

The runbook's two security alerts compare each instance: an attack that a load balancer spreads over the pods stays
under their limits. The last two of ``WATCHED`` are their twins over the sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.event_limits import Count, Pace
from payment_alerts.scenario_series import Target, rising, service_target
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import quote
from payment_catalog.service_metrics import FAILED_AUTH, SECURITY_EVENTS, SUSPICIOUS_API_CALLS
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import service_job
from payment_catalog.vocabulary import LogPattern, SecurityEvent

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched and from when on it is an alert.

    ``event`` is the type among ``metric``'s, ``None`` where the metric has no types. ``title`` names the event.
    ``logs`` is what the runbook greps for when it looks for such events, if it does.
    """

    name: str
    metric: Metric
    event: SecurityEvent | None
    limit: Count | Pace
    severity: Severity
    priority: Priority
    incident: IncidentKey
    title: str
    meaning: str
    impact: str
    logs: LogPattern | None = None


WATCHED: tuple[Watched, ...] = (
    Watched(
        "CardDataReceived",
        SECURITY_EVENTS,
        SecurityEvent.CARD_DATA,
        # One is enough: the service takes no card numbers, and PCI DSS covers every way that one takes. Anybody
        # can send one, so that it wakes nobody at night.
        Count(at_least=1),
        Severity.WARNING,
        Priority.P2,
        IncidentKey.DATA_BREACH,
        "Card number in a request or a log event",
        "A caller sends card numbers, or code of ours hands them on: the service wants neither.",
        "The number was redacted here; what it passed on its way, from the caller to proxies, may have kept it.",
    ),
    Watched(
        "GatewaySignatureFailures",
        SECURITY_EVENTS,
        SecurityEvent.SIGNATURE_FAILURE,
        # Anybody can send a forged callback: one is a probe. Five are an attempt, or our secret is not Fiuu's.
        Count(at_least=5),
        Severity.WARNING,
        Priority.P2,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Wrong signature on a message of the gateway",
        "Somebody forges messages of the gateway, or the secret that it signs with differs from ours.",
        "None of them was believed. If the secret differs, no payment is confirmed any more.",
    ),
    Watched(
        "ApiKeyFromManyAddresses",
        SECURITY_EVENTS,
        SecurityEvent.KEY_FROM_MANY_ADDRESSES,
        # One is enough: it stands for six addresses within ten minutes. A merchant's new data centre looks the same.
        Count(at_least=1),
        Severity.WARNING,
        Priority.P2,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "API key used from many addresses",
        "An API key is in more hands than its merchant's, or the merchant calls from a large pool of addresses.",
        "Whoever has the key can read, take and refund that merchant's payments.",
    ),
    Watched(
        "ForeignPaymentAccess",
        SECURITY_EVENTS,
        SecurityEvent.FORBIDDEN,
        # Ids are random: one may come from a mixed-up account, five come from a list of other merchants' ids.
        Count(at_least=5),
        Severity.WARNING,
        Priority.P2,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Payment of another merchant asked for",
        "A merchant's key is used to ask for payments of other merchants, whose ids cannot be guessed.",
        "None was shown. That the ids are known means that they leaked somewhere.",
    ),
    Watched(
        "PaymentIdEnumeration",
        SECURITY_EVENTS,
        SecurityEvent.ID_ENUMERATION,
        # Each event is a caller with more than ten wrong ids in a minute: one may be a faulty job's, three go on.
        Count(at_least=3),
        Severity.WARNING,
        Priority.P2,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Payment ids enumerated",
        "A caller goes through payment ids that do not exist or are not its own.",
        "None while every one is refused; one that is hit shows that a payment exists.",
    ),
    Watched(
        "PathScanning",
        SECURITY_EVENTS,
        SecurityEvent.PATH_SCAN,
        # One in five seconds: the noise of the Internet is a few a minute. A list of paths is tried within
        # minutes and all of it refused; who is still there after ten is worth blocking.
        Pace(per_second=0.2, pending=timedelta(minutes=10)),
        Severity.WARNING,
        Priority.P3,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Paths scanned",
        "A scanner looks for other software's weak spots and does not give up.",
        "None: the service has no such paths. It is how an intrusion begins.",
    ),
    Watched(
        "ApiKeyScopeDenied",
        SECURITY_EVENTS,
        SecurityEvent.SCOPE_DENIED,
        # A client that was set up wrongly is tried a few times; ten within a quarter of an hour is a program's doing.
        Count(at_least=10),
        Severity.INFO,
        Priority.P3,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "API key used beyond its scopes",
        "A merchant's client needs a scope that its key lacks, or somebody tries what a key is good for.",
        "None: every one was refused.",
    ),
    Watched(
        "RequestsRateLimited",
        SECURITY_EVENTS,
        SecurityEvent.RATE_LIMITED,
        # A burst is what the limiter is for. Ten a second for ten minutes is a broken client's loop or an attack.
        Pace(per_second=10, pending=timedelta(minutes=10)),
        Severity.WARNING,
        Priority.P3,
        IncidentKey.DDOS_ATTACK,
        "Requests refused by the rate limiter",
        "A merchant's client sends far more requests than it may, or somebody floods the service with its key.",
        "That merchant's own payments may be among what is refused; nobody else's are.",
        LogPattern.RATE_LIMIT,
    ),
    Watched(
        "FailedAuthAcrossInstances",
        FAILED_AUTH,
        None,
        # The limit and the duration of HighFailedAuthRate, held to all pods together.
        Pace(per_second=10, pending=timedelta(minutes=2)),
        Severity.WARNING,
        Priority.P2,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Failed authentication",
        "Somebody tries credentials, spread over the pods, or a caller's key has been revoked or lost.",
        "None while the attempts fail; one that succeeds can read and refund payments.",
        LogPattern.AUTH_FAILED,
    ),
    Watched(
        "SuspiciousAccessAcrossInstances",
        SUSPICIOUS_API_CALLS,
        None,
        # The limit and the duration of SuspiciousAPIAccess, held to all pods together.
        Pace(per_second=5, pending=_MINUTE),
        Severity.CRITICAL,
        Priority.P1,
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Suspicious API access",
        "Somebody scans for paths or data that the service does not offer them, spread over the pods.",
        "None while the requests are refused; it is how an intrusion begins.",
    ),
)


def security_event_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on security events."""
    return AlertGroup(
        "payment-security-events",
        "security-events.yaml",
        tuple(_alert(catalog, watched) for watched in WATCHED),
        dashboard=Dashboard.SECURITY,
    )


def _alert(catalog: Catalog, watched: Watched) -> Alert:
    target = service_target(catalog.settings)
    types = {"type": watched.event.value} if watched.event else {}
    matchers = [service_job(catalog.settings), *(f"{label}={quote(value)}" for label, value in types.items())]

    def pods(*values: str) -> tuple[InputSeries, ...]:
        return tuple(
            replace(target, instance=f"pod-{index}:8080").series(watched.metric.name, value, **types)
            for index, value in enumerate(values, start=1)
        )

    return Alert(
        name=watched.name,
        expr=watched.limit.expr(f"{watched.metric}{{{', '.join(matchers)}}}"),
        pending=watched.limit.pending,
        severity=watched.severity,
        priority=watched.priority,
        team=Team.SECURITY_INCIDENT,
        incident=watched.incident,
        logs=watched.logs,
        summary=f"{watched.title}: {{{{ $labels.job }}}}",
        description=f"{watched.title} in {{{{ $labels.environment }}}}: {watched.limit.observed}.",
        meaning=watched.meaning,
        impact=watched.impact,
        scenarios=(
            *watched.limit.scenarios(pods, target.job_labels),
            *((_other_events(target, watched.event),) if watched.event else ()),
        ),
    )


def _other_events(target: Target, event: SecurityEvent) -> Scenario:
    others = (other for other in SecurityEvent if other is not event)
    return Scenario(
        "a flood of events of every other kind",
        tuple(target.series(SECURITY_EVENTS.name, rising(6000, 20), type=other.value) for other in others),
        20 * _MINUTE,
    )
