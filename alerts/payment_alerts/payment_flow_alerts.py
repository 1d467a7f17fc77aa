"""Alerts on payments that do not end, and on operations at the gateway of which nobody knows how they ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.scenario_series import Target, rising, steady, then
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, service_job
from payment_catalog.vocabulary import GatewayOperation, GatewayOutcome, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: The worker has asked about an operation seven times by then, and its callback is long overdue.
UNRESOLVED_AGE = timedelta(minutes=15)
#: Payments that are asked for in the window below and must lead to an end; fewer prove nothing.
ASKED = 20
#: A charge ends within seconds; what is pending has its callback by then.
ASKED_WINDOW = timedelta(minutes=10)

_MINUTE = timedelta(minutes=1)
_PAY = {"method": "POST", "route": "/payments"}


def no_payment_ends(catalog: Catalog, target: Target) -> Alert:
    """Payments are asked for, and none reaches an end."""
    job = service_job(catalog.settings)
    window = format_duration(ASKED_WINDOW)
    route = ", ".join(f'{name}="{value}"' for name, value in _PAY.items())
    answered = (GatewayOutcome.ACCEPTED.value, GatewayOutcome.DECLINED.value)
    at = timedelta(minutes=25)
    minutes = at // _MINUTE
    pending = timedelta(minutes=2)

    def asked(values: str, code: str = "502", by: Target = target, **other: str) -> InputSeries:
        return by.series(http_metrics.HTTP_REQUESTS.name, values, **{**_PAY, **other}, code=code)

    def repeated(known: float, among: float, restarts: tuple[int, ...] = ()) -> tuple[InputSeries, ...]:
        """Return requests a minute of which so many repeat known keys, at two instances; each lasts so many minutes."""

        def counted(pace: float) -> str:
            return then(*(rising(pace / 2, length) for length in restarts or (minutes,)))

        return tuple(
            series
            for by in (target, target.second)
            for series in (
                asked(counted(among), "201", by),
                by.series(metrics.PAYMENTS_REPEATED.name, counted(known)),
            )
        )

    def ended(values: str) -> tuple[InputSeries, ...]:
        """Return payments of which those that succeed have these values, and none fails."""
        labels = {"method": PaymentMethod.CARD.value}
        return (
            target.series(metrics.PAYMENTS.name, values, **labels, status=PaymentStatus.SUCCEEDED),
            target.series(metrics.PAYMENTS.name, steady(0, minutes), **labels, status=PaymentStatus.FAILED),
        )

    def gateway(outcome: GatewayOutcome, values: str) -> tuple[InputSeries, ...]:
        """Return requests to the gateway of which those with the outcome have these values; some were refused once."""
        charge = {"operation": GatewayOperation.CHARGE.value}
        refund = {"operation": GatewayOperation.REFUND.value, "outcome": GatewayOutcome.DECLINED.value}
        return (
            target.series(metrics.GATEWAY_REQUESTS.name, values, **charge, outcome=outcome),
            target.series(metrics.GATEWAY_REQUESTS.name, steady(9, minutes), **refund),
        )

    def once(before: int) -> str:
        """Return a counter that counted one, so many minutes before the check."""
        return then(steady(7, minutes - before - 1), steady(8, before))

    firing = (target.job_labels,)
    every_second, none = rising(60, minutes), ended(steady(7, minutes))
    with_restart = then(rising(60, minutes - 4), rising(60, 3))
    # The second sample of a counter shows its pace.
    soonest = pending + _MINUTE
    nothing_ends = (asked(every_second), *none, *gateway(GatewayOutcome.TIMEOUT, every_second))
    return Alert(
        name="NoPaymentProcessed",
        # Requests that are refused (4xx) ask for nothing, those that repeat a known key for nothing new, and
        # authorizations end later. Both counters are summed as one, so that a service without the second is not left
        # out. Where there is no series of payments or of the gateway's answers, there were none: `unless` fires then as
        # well.
        expr=f'sum by ({JOB}) (increase({http_metrics.HTTP_REQUESTS}{{{job}, {route}, code=~"[25].."}}[{window}]) '
        f"or -increase({metrics.PAYMENTS_REPEATED}{{{job}}}[{window}])) > {ASKED} "
        f"unless sum by ({JOB}) (increase({metrics.PAYMENTS}{{{job}}}[{window}])) > 0 "
        f'unless sum by ({JOB}) (increase({metrics.GATEWAY_REQUESTS}{{{job}, outcome=~"{"|".join(answered)}"}}'
        f"[{window}])) > 0",
        # The window is long already; this outlasts one evaluation between two scrapes.
        pending=pending,
        severity=Severity.CRITICAL,
        priority=Priority.P0,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.job }} is asked for payments and ends none",
        description=f"{{{{ $value | humanize }}}} new payments were asked for in the last {window} in "
        "{{ $labels.environment }}; none succeeded and none failed.",
        meaning="Requests for new payments arrive, and no payment reaches a final status.",
        impact="No payment is processed, though the service answers.",
        scenarios=(
            Scenario("a request every second, no end, for just as long as it takes", nothing_ends, soonest, firing),
            Scenario("a request every second, no end, but not for long enough", nothing_ends, pending),
            Scenario("no series of payments at all", (asked(every_second),), at, firing),
            Scenario("nothing ends, and the service restarts", (asked(with_restart), *none), at, firing),
            Scenario(
                "just enough requests, answered by two instances",
                (asked(rising(1.2, minutes)), asked(rising(0.9, minutes), "201", target.second), *none),
                at,
                firing,
            ),
            Scenario(
                "the last payment and the last answer a quarter of an hour ago",
                (asked(every_second), *ended(once(15)), *gateway(GatewayOutcome.ACCEPTED, once(15))),
                at,
                firing,
            ),
            Scenario("just too few requests", (asked(rising(1.9, minutes)), *none), at),
            Scenario("a single payment ended seven minutes ago", (asked(every_second), *ended(once(7))), at),
            Scenario("all end, and the service restarts", (asked(with_restart, "201"), *ended(with_restart)), at),
            Scenario(
                "authorizations only, the last seven minutes ago",
                (asked(every_second, "201"), *none, *gateway(GatewayOutcome.ACCEPTED, once(7))),
                at,
            ),
            Scenario(
                "the gateway refuses all, and the service restarts",
                (asked(with_restart), *none, *gateway(GatewayOutcome.DECLINED, with_restart)),
                at,
            ),
            Scenario("known keys are repeated, and nothing new is asked for", (*repeated(60, 60), *none), at),
            Scenario(
                "known keys are repeated, and the service restarts",
                (*repeated(60, 60, restarts=(minutes - 4, 3)), *none),
                at,
            ),
            Scenario("known keys are repeated, and just enough is new", (*repeated(60, 62.1), *none), at, firing),
            Scenario("known keys are repeated, and just too little is new", (*repeated(60, 61.9), *none), at),
            Scenario("keys are guessed", (asked(every_second, "401"), *none), at),
            Scenario(
                "other requests than for payments",
                (asked(every_second, method="GET"), asked(every_second, route="/refunds"), *none),
                at,
            ),
            Scenario("nobody asks any more", (asked(then(rising(10, 3), steady(30, minutes))), *none), at),
            Scenario("no data", (), at),
        ),
    )


def operations_unresolved(catalog: Catalog, target: Target) -> Alert:
    """The outcome of an operation at the gateway has been unknown for long."""
    age = metrics.UNRESOLVED_OPERATIONS_AGE
    limit = UNRESOLVED_AGE.total_seconds()
    at = timedelta(minutes=10)
    minutes = at // _MINUTE
    pending = timedelta(minutes=2)

    def oldest(seconds: float, second: float = 0) -> tuple[InputSeries, ...]:
        """Two instances that read the same database; the second has mostly read it before the operation began."""
        values = ((target, seconds), (target.second, second))
        return tuple(place.series(age.name, steady(value, minutes)) for place, value in values)

    return Alert(
        name="PaymentOutcomeUnknown",
        expr=f"max by ({JOB}) ({age}{{{service_job(catalog.settings)}}}) > {number(limit)}",
        # It is an age: whatever is seen twice is not going to be younger.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary=f"{{{{ $labels.job }}}} has not known for {format_duration(UNRESOLVED_AGE)} how an operation ended",
        description="The oldest operation at the gateway in {{ $labels.environment }} whose outcome is not known is "
        "{{ $value | humanizeDuration }} old.",
        meaning="Neither the gateway's answer nor its callback came, and asking for it brought nothing yet.",
        impact="A customer may have been charged without being told; a refund may be waiting.",
        scenarios=(
            Scenario("for a day", oldest(86_400), pending, (target.job_labels,)),
            Scenario("just above the limit", oldest(limit * 1.02), at, (target.job_labels,)),
            Scenario("exactly at the limit", oldest(limit), at),
            Scenario("just below the limit, for both", oldest(limit * 0.98, limit * 0.98), at),
            Scenario("all outcomes are known", oldest(0), at),
            Scenario("not for long enough", oldest(86_400), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )
