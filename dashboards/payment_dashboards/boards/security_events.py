"""What the service noticed: credentials that fail, suspicious requests, and each kind of security event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.fluentd_metrics import LOG_LINES
from payment_catalog.log_series import log_series
from payment_catalog.promql import quote
from payment_catalog.service_metrics import SECURITY_EVENTS
from payment_catalog.signal import Query
from payment_catalog.signals import service_job
from payment_catalog.thresholds import Unit
from payment_catalog.vocabulary import LogPattern, SecurityEvent
from payment_dashboards.board import Row
from payment_dashboards.colours import SECURITY_EVENTS as EVENT_COLOURS
from payment_dashboards.panels.bars import Bars
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit
    from payment_dashboards.panels.panel import Link


@dataclass(frozen=True, slots=True)
class Rare:
    """An event so rare that its alert counts it, and why it matters."""

    event: SecurityEvent
    alert: str
    title: str
    why: str


RARE = (
    Rare(
        SecurityEvent.CARD_DATA,
        "CardDataReceived",
        "Card numbers seen",
        "Card numbers in requests or in what was about to be logged; the service wants none, and redacts them.",
    ),
    Rare(
        SecurityEvent.SIGNATURE_FAILURE,
        "GatewaySignatureFailures",
        "Wrong signatures",
        "Messages that claim to be the gateway's and are not signed by it: forged, or the secrets differ.",
    ),
    Rare(
        SecurityEvent.KEY_FROM_MANY_ADDRESSES,
        "ApiKeyFromManyAddresses",
        "Keys in many hands",
        "API keys that were used from more addresses than one merchant has.",
    ),
    Rare(
        SecurityEvent.FORBIDDEN,
        "ForeignPaymentAccess",
        "Foreign payments",
        "Requests for payments of another merchant, whose ids nobody can guess.",
    ),
    Rare(
        SecurityEvent.ID_ENUMERATION,
        "PaymentIdEnumeration",
        "Ids enumerated",
        "Callers that went through payment ids that lead nowhere.",
    ),
    Rare(
        SecurityEvent.SCOPE_DENIED,
        "ApiKeyScopeDenied",
        "Scopes denied",
        "Requests with a key that does not allow them.",
    ),
)


def rare_event_row(kit: Kit) -> Row:
    """Return the row of events of which a few are an alert."""
    return Row("What happened in the last quarter of an hour?", tuple(rare_event(kit, rare) for rare in RARE))


def rare_event(kit: Kit, rare: Rare) -> Stat:
    """Return how often an event happened, as its alert counts it."""
    return Stat(
        title=rare.title,
        description=f"{rare.why} In the last quarter of an hour, with the limit of {rare.alert}.",
        queries=(kit.worst(rare.alert),),
        limits=kit.limits(rare.alert),
        links=kit.runbooks(rare.alert),
        value_links=(_logged(kit, rare.event),),
        sparkline=True,
        decimals=0,
    )


def _logged(kit: Kit, event: SecurityEvent) -> Link:
    """Return a link to the lines that the service writes of ``event``, with the address that it came from."""
    return kit.logs("These events in the logs", f"security_event: {quote(event)}")


def credential_row(kit: Kit) -> Row:
    """Return the row of who tries to get in."""
    return Row("Who tries to get in?", (failed_auth(kit), failed_auth_persists(kit), suspicious_calls(kit)))


def failed_auth(kit: Kit) -> OverTime:
    """Return failed authentications by instance and over all."""
    one, all_together = "HighFailedAuthRate", "FailedAuthAcrossInstances"
    return OverTime(
        title="Failed authentication",
        description="Requests a second whose credentials were missing, malformed or unknown, by instance and of all "
        "together: somebody tries keys, or a client's key was revoked.",
        queries=(kit.measured(one, "{{instance}}"), kit.measured(all_together, "all together")),
        unit=Unit.PER_SECOND,
        limits=kit.limits(one, all_together),
        links=kit.runbooks(one, all_together),
        value_links=(_logged(kit, SecurityEvent.FAILED_AUTH),),
    )


def failed_auth_persists(kit: Kit) -> OverTime:
    """Return failed authentications at the scale of slow guessing."""
    alert = "FailedAuthPersists"
    counted = log_series(kit.settings).counted
    in_the_log = f"{counted}{{{LOG_LINES.label_names[0]}={quote(LogPattern.AUTH_FAILED)}}}"
    return OverTime(
        title="Failed authentication that goes on",
        description="The same of all instances, beside the far lower limit of what goes on for an hour: a list of "
        "keys that is worked through slowly stays below the other limit. Lines of the log that tell of it are counted "
        "by Fluentd, where there is one.",
        queries=(kit.measured(alert, "all together"), Query(in_the_log, "in the log")),
        unit=Unit.PER_SECOND,
        limits=kit.limits(alert),
        links=kit.runbooks(alert),
        value_links=(kit.lines(LogPattern.AUTH_FAILED),),
    )


def suspicious_calls(kit: Kit) -> OverTime:
    """Return suspicious requests by instance and over all."""
    one, all_together = "SuspiciousAPIAccess", "SuspiciousAccessAcrossInstances"
    return OverTime(
        title="Suspicious calls",
        description="Requests a second that look like an attack, by instance and of all together: paths that only "
        "scanners ask for, payments of others, ids that are enumerated, forged messages.",
        queries=(kit.measured(one, "{{instance}}"), kit.measured(all_together, "all together")),
        unit=Unit.PER_SECOND,
        limits=kit.limits(one, all_together),
        links=kit.runbooks(one, all_together),
        value_links=(kit.logs("Security events in the logs", "security_event: *"),),
    )


def event_row(kit: Kit) -> Row:
    """Return the row of all kinds of events."""
    return Row("What do they try?", (events_by_type(kit), events_in_time(kit), path_scans(kit)))


def events_by_type(kit: Kit) -> OverTime:
    """Return security events by type."""
    return OverTime(
        title="Security events by type",
        description=f"{SECURITY_EVENTS.description} A second, over all instances; each is a line of the log, with the "
        "address that it came from.",
        queries=(
            Query(
                f"sum by (type) (rate({SECURITY_EVENTS}{{{service_job(kit.settings)}}}[$__rate_interval]))", "{{type}}"
            ),
        ),
        unit=Unit.EVENTS_PER_SECOND,
        colours=EVENT_COLOURS,
        value_links=(kit.logs("These events in the logs", 'security_event: "${__field.labels.type}"'),),
    )


def events_in_time(kit: Kit) -> Bars:
    """Return how many events of each type the time that is shown had."""
    return Bars(
        title="Security events in the time shown",
        description="How many events of each type there were in the time that the dashboard shows, over all instances.",
        queries=(
            Query(f"sum by (type) (increase({SECURITY_EVENTS}{{{service_job(kit.settings)}}}[$__range]))", "{{type}}"),
        ),
        colours=EVENT_COLOURS,
        decimals=0,
    )


def path_scans(kit: Kit) -> OverTime:
    """Return requests for paths that only scanners ask for."""
    alert = "PathScanning"
    return OverTime(
        title="Paths scanned",
        description="Requests a second for paths of other software's weak spots. The Internet's noise is a few a "
        "minute; who goes on is worth blocking.",
        queries=(kit.measured(alert, "all together"),),
        unit=Unit.PER_SECOND,
        limits=kit.limits(alert),
        links=kit.runbooks(alert),
        value_links=(_logged(kit, SecurityEvent.PATH_SCAN),),
    )
