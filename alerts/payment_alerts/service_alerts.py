"""Alerts on the service's inside: payments that do not end, its database pool, its event loop, its rate limiter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, rising, service_target, steady, then
from payment_catalog import http_metrics, runtime_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incidents import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import INSTANCE, JOB, WINDOW, service_job
from payment_catalog.vocabulary import (
    ConnectionState,
    GatewayOperation,
    GatewayOutcome,
    PaymentMethod,
    PaymentStatus,
    RateLimitOutcome,
)

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)

#: Share of the pool: a request that finds no connection waits, and after 5 s fails.
POOL_SHARE = 0.9
#: The worker has asked about an operation seven times by then, and its callback is long overdue.
UNRESOLVED_AGE = timedelta(minutes=15)
#: Seconds, a bound of the lag's buckets: what blocks the loop for so long delays every request by as much.
LAG_SECONDS = 0.25
#: Share of the timers that may be late.
LAG_SHARE = 0.01
#: Payments that are asked for in the window below and must lead to an end; fewer prove nothing.
ASKED = 20
#: A charge ends within seconds; what is pending has its callback by then.
ASKED_WINDOW = timedelta(minutes=15)

_PAY = {"method": "POST", "route": "/payments"}


def service_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the service's inside, symptoms before causes."""
    target = service_target(catalog.settings)
    return AlertGroup(
        "payment-service",
        "service.yaml",
        (
            no_payment_ends(catalog, target),
            operations_unresolved(catalog, target),
            pool_near_limit(catalog, target),
            event_loop_blocked(catalog, target),
            rate_limiter_without_storage(catalog, target),
        ),
    )


def no_payment_ends(catalog: Catalog, target: Target) -> Alert:
    """Payments are asked for, and none reaches an end."""
    job = service_job(catalog.settings)
    window = format_duration(ASKED_WINDOW)
    route = ", ".join(f'{name}="{value}"' for name, value in _PAY.items())
    answered = (GatewayOutcome.ACCEPTED.value, GatewayOutcome.DECLINED.value)
    at = timedelta(minutes=40)
    minutes = at // _MINUTE
    pending = timedelta(minutes=2)

    def asked(values: str, code: str = "502") -> InputSeries:
        return target.series(http_metrics.HTTP_REQUESTS.name, values, code=code, **_PAY)

    def ended(per_minute: float) -> InputSeries:
        labels = {"method": PaymentMethod.CARD.value, "status": PaymentStatus.SUCCEEDED.value}
        return target.series(metrics.PAYMENTS.name, rising(per_minute, minutes), **labels)

    def gateway(outcome: GatewayOutcome) -> InputSeries:
        labels = {"operation": GatewayOperation.CHARGE.value, "outcome": outcome.value}
        return target.series(metrics.GATEWAY_REQUESTS.name, rising(60, minutes), **labels)

    every_second = rising(60, minutes)
    return Alert(
        name="NoPaymentProcessed",
        # Requests that are refused (4xx) ask for nothing, and authorizations end later. Where there is no series of
        # payments or of the gateway's answers, there were none: `unless` fires then as well.
        expr=f'sum by ({JOB}) (increase({http_metrics.HTTP_REQUESTS}{{{job}, {route}, code=~"[25].."}}[{window}])) '
        f"> {ASKED} unless sum by ({JOB}) (increase({metrics.PAYMENTS}{{{job}}}[{window}])) > 0 "
        f'unless sum by ({JOB}) (increase({metrics.GATEWAY_REQUESTS}{{{job}, outcome=~"{"|".join(answered)}"}}'
        f"[{window}])) > 0",
        # The window is long already; this outlasts one evaluation between two scrapes.
        pending=pending,
        severity=Severity.CRITICAL,
        priority=Priority.P0,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.job }} is asked for payments and ends none",
        description=f"{{{{ $value | humanize }}}} payments were asked for in the last {window} in "
        "{{ $labels.environment }}; none succeeded and none failed.",
        meaning="Requests for payments arrive, and no payment reaches a final status.",
        impact="No payment is processed, though the service answers.",
        scenarios=(
            Scenario("a request every second, no end", (asked(every_second), ended(0)), at, (target.job_labels,)),
            Scenario("no series of payments at all", (asked(every_second),), at, (target.job_labels,)),
            Scenario(
                "the gateway answers nothing",
                (asked(every_second), ended(0), gateway(GatewayOutcome.TIMEOUT)),
                at,
                (target.job_labels,),
            ),
            Scenario("just enough requests", (asked(rising(1.4, minutes)), ended(0)), at, (target.job_labels,)),
            Scenario("just too few requests", (asked(rising(1.25, minutes)), ended(0)), at),
            Scenario("one payment in ten minutes ends", (asked(every_second), ended(0.1)), at),
            Scenario("all end", (asked(every_second, "201"), ended(60)), at),
            Scenario(
                "authorizations only", (asked(every_second, "201"), ended(0), gateway(GatewayOutcome.ACCEPTED)), at
            ),
            Scenario("keys are guessed", (asked(every_second, "401"), ended(0)), at),
            Scenario("nobody asks any more", (asked(then(rising(10, 3), "30+0x40")), ended(0)), at),
            Scenario("not for long enough", (asked(every_second), ended(0)), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )


def operations_unresolved(catalog: Catalog, target: Target) -> Alert:
    """The outcome of an operation at the gateway has been unknown for long."""
    age = metrics.UNRESOLVED_OPERATIONS_AGE
    limit = UNRESOLVED_AGE.total_seconds()
    at = timedelta(minutes=20)
    minutes = at // _MINUTE

    def oldest(seconds: float) -> tuple[InputSeries, ...]:
        """Each instance tells the same, as it reads the same database."""
        return tuple(place.series(age.name, steady(seconds, minutes)) for place in (target, target.second))

    return Alert(
        name="PaymentOutcomeUnknown",
        expr=f"max by ({JOB}) ({age}{{{service_job(catalog.settings)}}}) > {number(limit)}",
        # It is an age: whatever is seen twice is not going to be younger.
        pending=timedelta(minutes=2),
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
            Scenario("for a day", oldest(86_400), at, (target.job_labels,)),
            Scenario("just above the limit", oldest(limit * 1.02), at, (target.job_labels,)),
            Scenario("just below the limit", oldest(limit * 0.98), at),
            Scenario("all outcomes are known", oldest(0), at),
            Scenario("not for long enough", oldest(86_400), timedelta(minutes=1)),
            Scenario("no data", (), at),
        ),
    )


def pool_near_limit(catalog: Catalog, target: Target) -> Alert:
    """The pool of database connections is nearly used up."""
    job = service_job(catalog.settings)
    used, most = metrics.DB_CONNECTIONS, metrics.DB_CONNECTIONS_MAX
    state = ConnectionState.IN_USE
    at = timedelta(minutes=20)
    minutes = at // _MINUTE
    pending = timedelta(minutes=5)
    size = 100

    def pool(share: float) -> tuple[InputSeries, ...]:
        return (
            target.series(used.name, steady(size * share, minutes), state=state),
            target.series(used.name, steady(size * (1 - share), minutes), state=ConnectionState.IDLE),
            target.series(most.name, steady(size, minutes)),
        )

    return Alert(
        name="DatabasePoolNearLimit",
        expr=f'sum by ({INSTANCE}) ({used}{{{job}, state="{state}"}}) '
        f"/ (sum by ({INSTANCE}) ({most}{{{job}}}) > 0) > {number(POOL_SHARE)}",
        # A burst that is served is no shortage.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="{{ $labels.instance }} uses nearly all of its database connections",
        description="{{ $value | humanizePercentage }} of the pool of {{ $labels.instance }} in "
        "{{ $labels.environment }} are in use.",
        meaning="Requests hold the connections for longer, or there are more of them, than DB_MAX_CONNECTIONS is for.",
        impact="A request that finds no connection waits, and fails after five seconds.",
        scenarios=(
            Scenario("all in use", pool(1), at, (target.instance_labels,)),
            Scenario("just above the limit", pool(POOL_SHARE * 1.02), at, (target.instance_labels,)),
            Scenario("just below the limit", pool(POOL_SHARE * 0.98), at),
            Scenario("a quarter in use", pool(0.25), at),
            Scenario("not for long enough", pool(1), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )


def event_loop_blocked(catalog: Catalog, target: Target) -> Alert:
    """Something blocks the event loop."""
    job, lag = service_job(catalog.settings), runtime_metrics.EVENT_LOOP_LAG
    count = f"{lag}_count"
    at = timedelta(minutes=30)
    minutes = at // _MINUTE
    pending = timedelta(minutes=10)
    timers = 6000

    def late(share: float) -> tuple[InputSeries, ...]:
        return (
            target.series(lag.bucket, rising(timers * (1 - share), minutes), le=number(LAG_SECONDS)),
            target.series(lag.bucket, rising(timers, minutes), le="+Inf"),
            target.series(count, rising(timers, minutes)),
        )

    return Alert(
        name="EventLoopBlocked",
        expr=f"1 - sum by ({INSTANCE}) (rate({lag.bucket}{{{job}, le={quote(number(LAG_SECONDS))}}}[{WINDOW}])) "
        f"/ (sum by ({INSTANCE}) (rate({count}{{{job}}}[{WINDOW}])) > 0) > {number(LAG_SHARE)}",
        # One large answer or a profile that is taken is over before.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="Something blocks the event loop of {{ $labels.instance }}",
        description=f"{{{{ $value | humanizePercentage }}}} of its timers ran more than {number(LAG_SECONDS)}s late in "
        "{{ $labels.environment }}.",
        meaning="Code that computes or waits without giving way runs on the event loop, or the processor is short.",
        impact="Every request of the instance waits as long.",
        scenarios=(
            Scenario("half of the timers are late", late(0.5), at, (target.instance_labels,)),
            Scenario("just above the limit", late(LAG_SHARE * 1.02), at, (target.instance_labels,)),
            Scenario("just below the limit", late(LAG_SHARE * 0.98), at),
            Scenario("none is late", late(0), at),
            Scenario("not for long enough", late(0.5), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )


def rate_limiter_without_storage(catalog: Catalog, target: Target) -> Alert:
    """Requests pass or fail without having been counted."""
    decisions = metrics.RATE_LIMIT_REQUESTS
    unchecked = (RateLimitOutcome.UNCHECKED_ALLOWED.value, RateLimitOutcome.UNCHECKED_REJECTED.value)
    at = timedelta(minutes=20)
    minutes = at // _MINUTE
    pending = timedelta(minutes=5)

    def decided(outcome: RateLimitOutcome, values: str) -> InputSeries:
        return target.series(decisions.name, values, outcome=outcome.value)

    lost, checked = RateLimitOutcome.UNCHECKED_ALLOWED, RateLimitOutcome.ALLOWED
    return Alert(
        name="RateLimiterWithoutStorage",
        expr=f"sum by ({JOB}) (rate({decisions}{{{service_job(catalog.settings)}, "
        f'outcome=~"{"|".join(unchecked)}"}}[{WINDOW}])) > 0',
        # A fail-over of Redis takes less.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.DDOS_ATTACK,
        summary="The rate limiter of {{ $labels.job }} works without its storage",
        description="{{ $value | humanize }} requests a second in {{ $labels.environment }} are decided without being "
        "counted, as RATE_LIMIT_WITHOUT_REDIS says.",
        meaning="Redis does not answer the service; limits are not enforced, or everybody is refused.",
        impact="An attacker is not held back, or customers are.",
        scenarios=(
            Scenario("Redis is away", (decided(lost, rising(600, minutes)),), at, (target.job_labels,)),
            Scenario(
                "it refuses meanwhile",
                (decided(RateLimitOutcome.UNCHECKED_REJECTED, rising(1, minutes)),),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "all are counted", (decided(checked, rising(600, minutes)), decided(lost, steady(9, minutes))), at
            ),
            Scenario("many are refused", (decided(RateLimitOutcome.REJECTED, rising(600, minutes)),), at),
            Scenario("one fail-over long ago", (decided(lost, then(rising(60, 2), "120+0x30")),), at),
            Scenario("not for long enough", (decided(lost, rising(600, minutes)),), pending),
            Scenario("no data", (), at),
        ),
    )
