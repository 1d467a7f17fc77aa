"""What nobody needs to be told, because another alert says it already.

Only what follows from the other alert is left out. Causes are not: a full disk explains why the service is down. Nor is
a symptom that wakes people for the sake of a cause: both are in one message, and only the symptom says how bad it is.
Security alerts silence nothing and are silenced by nothing: two of them are two traces of one attack. An exporter that
is down needs nothing silenced: no alert fires on figures that are missing because their publisher is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_catalog.escalation import EscalationLevel, Team
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_SAME_PLACE = ("environment", "namespace")
#: Two alerts with these in common are about one thing; a label that neither has counts as equal.
_SAME_THING = (*_SAME_PLACE, "job", "instance", "target", "mountpoint", "resourcequota", "resource")


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While ``source`` fires, nobody is told of ``targets`` that have the labels ``equal`` in common with it."""

    source: str
    targets: tuple[str, ...]
    equal: tuple[str, ...] = _SAME_PLACE


_FAILED_PAYMENTS = (
    "PaymentSuccessRateLow",
    "PaymentSuccessRateCritical",
    "PaymentSuccessErrorBudgetBurnFast",
    "PaymentSuccessErrorBudgetBurnSlow",
)
_ERRORS = (
    "ErrorRateHigh",
    "ErrorRateCritical",
    "AvailabilityErrorBudgetBurnFast",
    "AvailabilityErrorBudgetBurnSlow",
)
#: The same in the business figures, by the hour and for a payment method, a currency or a reason.
_LESS_REVENUE = ("RevenueLow", "RevenueVeryLow")
_LESS_BUSINESS = ("PaymentVolumeReduced", "PaymentVolumeLow", "PaymentMethodDown", *_LESS_REVENUE)
_MORE_FAILURES = ("PaymentMethodFailing", "PaymentFailuresOnOurSide")
_SLOWNESS = (
    "ApiLatencyHigh",
    "ApiLatencyCritical",
    "LatencyErrorBudgetBurnFast",
    "LatencyErrorBudgetBurnSlow",
)

CONSEQUENCES = (
    # Nothing answers: the last minutes' rates, and what is seen from outside, tell nothing more.
    Inhibition(
        "PaymentServiceDown",
        (
            *("ServiceUnreachable", "ServiceNotReady", "NoPaymentProcessed"),
            *(*_FAILED_PAYMENTS, *_MORE_FAILURES, *_LESS_BUSINESS),
            *(*_ERRORS, *_SLOWNESS),
        ),
    ),
    # Not one payment ends: how many are fewer, and which share fails, tells nothing more.
    Inhibition("NoPaymentProcessed", (*_FAILED_PAYMENTS, *_MORE_FAILURES, *_LESS_BUSINESS, *_ERRORS)),
    # Fewer payments are less revenue.
    Inhibition("PaymentVolumeLow", _LESS_REVENUE),
    # Calls to the gateway are refused at once: some payments fail and are answered with errors.
    Inhibition(
        "CircuitBreakerOpen",
        (
            "PaymentSuccessRateLow",
            "PaymentSuccessErrorBudgetBurnSlow",
            "PaymentFailuresOnOurSide",
            "ErrorRateHigh",
            "AvailabilityErrorBudgetBurnSlow",
        ),
    ),
    # Each of these payments writes an ERROR line, whichever request asked for it.
    Inhibition("PaymentFailuresOnOurSide", ("ErrorLinesUnexplained",)),
    # What is not sent, or cannot be written or found, is missing.
    *(
        Inhibition(source, ("LogLinesMissing",))
        for source in (
            *("NoLogsArrive", "NoLogInElasticsearch", "ElasticsearchRed"),
            *("FluentdOutputFails", "FluentdBufferNearlyFull"),
        )
    ),
)

#: The worse of two levels of one thing, and the milder.
LEVELS = tuple(
    Inhibition(worse, (milder,), _SAME_THING)
    for worse, milder in (
        ("PaymentSuccessRateCritical", "PaymentSuccessRateLow"),
        ("ApiLatencyCritical", "ApiLatencyHigh"),
        ("ErrorRateCritical", "ErrorRateHigh"),
        ("CircuitBreakerOpen", "CircuitBreakerNotClosed"),
        ("RefundRateCritical", "RefundRateHigh"),
        ("PaymentVolumeLow", "PaymentVolumeReduced"),
        ("RevenueVeryLow", "RevenueLow"),
        ("CpuUsageCritical", "CpuUsageHigh"),
        ("MemoryUsageCritical", "MemoryUsageHigh"),
        ("DiskUsageCritical", "DiskUsageHigh"),
        ("DiskFullWithinHours", "DiskFullWithinADay"),
        ("QuotaExhausted", "QuotaNearlyUsed"),
        ("SlowStatementCritical", "SlowStatement"),
        ("LongRunningQueryCritical", "LongRunningQuery"),
        ("CertificateExpiresSoonCritical", "CertificateExpiresSoon"),
        ("PaymentSuccessErrorBudgetBurnFast", "PaymentSuccessErrorBudgetBurnSlow"),
        ("AvailabilityErrorBudgetBurnFast", "AvailabilityErrorBudgetBurnSlow"),
        ("LatencyErrorBudgetBurnFast", "LatencyErrorBudgetBurnSlow"),
    )
)

#: Alerts at which the whole service stands still: who is called for it needs no call for less.
STANDSTILL = ("PaymentServiceDown", "NoPaymentProcessed")
_AT_STANDSTILL = (Team.SERVICE_OUTAGE, Team.PERFORMANCE_ISSUE)


def inhibitions(alerts: Collection[str]) -> list[dict[str, Any]]:
    """Return the rules of Alertmanager for the alerts that there are: a level of a threshold can be turned off."""
    named = (
        Inhibition(found.source, tuple(name for name in found.targets if name in alerts), found.equal)
        for found in (*CONSEQUENCES, *LEVELS)
        if found.source in alerts
    )
    return [
        *(_rule([_named(found.source)], [_named(*found.targets)], found.equal) for found in named if found.targets),
        *_escalations(),
    ]


def _escalations() -> Iterator[dict[str, Any]]:
    """Yield which escalations are left out: at a standstill, and where a more urgent one calls the same people."""
    yield _rule(
        [_named(*STANDSTILL)],
        ['level!=""', f'team=~"{"|".join(_AT_STANDSTILL)}"', f'priority!="{Priority.P0}"'],
        _SAME_PLACE,
    )
    priorities = list(Priority)
    for index, priority in enumerate(priorities[:-1], start=1):
        yield _rule(
            [f'level=~"{"|".join(EscalationLevel)}"', f'priority="{priority}"'],
            ['level!=""', f'priority=~"{"|".join(priorities[index:])}"'],
            (*_SAME_PLACE, "incident", "team", "level"),
        )


def _named(*names: str) -> str:
    return f'alertname="{names[0]}"' if len(names) == 1 else f'alertname=~"{"|".join(names)}"'


def _rule(source: list[str], target: list[str], equal: Sequence[str]) -> dict[str, Any]:
    return {"source_matchers": source, "target_matchers": target, "equal": list(equal)}
