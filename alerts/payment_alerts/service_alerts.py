"""Alerts on the service's inside: payments that do not end, its database pool, its event loop, its rate limiter."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.changing import KEEP_FIRING, Changing
from payment_alerts.payment_flow_alerts import no_payment_ends, operations_unresolved
from payment_alerts.scenario_series import Target, rising, service_target, steady, then
from payment_catalog import runtime_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import parse_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import INSTANCE, JOB, WINDOW, service_job
from payment_catalog.vocabulary import ConnectionState, LogPattern, RateLimitOutcome

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)

#: Share of the pool: a request that finds no connection waits, and after 5 s fails.
POOL_SHARE = 0.9
#: Seconds, a bound of the lag's buckets: what blocks the loop for so long delays every request by as much.
LAG_SECONDS = 0.25
#: Share of the timers that may be late.
LAG_SHARE = 0.01


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
        dashboard=Dashboard.APPLICATION,
    )


def pool_near_limit(catalog: Catalog, target: Target) -> Alert:
    """The pool of database connections is nearly used up."""
    job = service_job(catalog.settings)
    used, most = metrics.DB_CONNECTIONS, metrics.DB_CONNECTIONS_MAX
    state = ConnectionState.IN_USE
    at = timedelta(minutes=10)
    pending = timedelta(minutes=5)

    def pool(in_use: int, minutes: int = at // _MINUTE, size: int = 100) -> tuple[InputSeries, ...]:
        return (
            target.series(used.name, steady(in_use, minutes), state=state),
            target.series(used.name, steady(size - in_use, minutes), state=ConnectionState.IDLE),
            target.series(most.name, steady(size, minutes)),
        )

    return Alert(
        name="DatabasePoolNearLimit",
        expr=f'sum by ({INSTANCE}) ({used}{{{job}, state="{state}"}}) '
        f"/ (sum by ({INSTANCE}) ({most}{{{job}}}) > 0) > {number(POOL_SHARE)}",
        # A burst that is served is no shortage.
        pending=pending,
        # Connections come and go with each request.
        keep_firing=KEEP_FIRING,
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
            Scenario("all in use", pool(100), pending, (target.instance_labels,)),
            Scenario("just above the limit", pool(91), at, (target.instance_labels,)),
            Scenario("a pool of one connection, in use", pool(1, size=1), at, (target.instance_labels,)),
            Scenario("exactly at the limit", pool(90), at),
            Scenario("just below the limit", pool(89), at),
            Scenario("a quarter in use", pool(25), at),
            Scenario("a maximum of 0 is none", pool(100, size=0), at),
            Scenario("not for long enough", pool(100), pending - _MINUTE),
            *Changing(
                partial(pool, 25), partial(pool, 91), pending, timedelta(0), (target.instance_labels,)
            ).swinging(),
            Scenario("no data", (), at),
        ),
    )


def event_loop_blocked(catalog: Catalog, target: Target) -> Alert:
    """Something blocks the event loop."""
    job, lag = service_job(catalog.settings), runtime_metrics.EVENT_LOOP_LAG
    count = f"{lag}_count"
    at = timedelta(minutes=20)
    pending = timedelta(minutes=10)
    timers = 30

    def late(share: float, minutes: int = at // _MINUTE) -> tuple[InputSeries, ...]:
        return (
            target.series(lag.bucket, rising(timers * (1 - share), minutes), le=number(LAG_SECONDS)),
            target.series(lag.bucket, rising(timers, minutes), le="+Inf"),
            target.series(count, rising(timers, minutes)),
        )

    firing = (target.instance_labels,)
    well, just_above = partial(late, LAG_SHARE / 10), partial(late, LAG_SHARE * 1.02)
    changing = Changing(well, just_above, pending, parse_duration(WINDOW), firing)
    return Alert(
        name="EventLoopBlocked",
        expr=f"1 - sum by ({INSTANCE}) (rate({lag.bucket}{{{job}, le={quote(number(LAG_SECONDS))}}}[{WINDOW}])) "
        f"/ (sum by ({INSTANCE}) (rate({count}{{{job}}}[{WINDOW}])) > 0) > {number(LAG_SHARE)}",
        # One large answer or a profile that is taken is over before.
        pending=pending,
        # What blocks it comes with some requests and not with others.
        keep_firing=KEEP_FIRING,
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
            # The second sample of a counter shows its pace.
            Scenario("half of the timers are late", late(0.5), pending + _MINUTE, firing),
            Scenario("half of the timers are late, but not for long enough", late(0.5), pending),
            *changing.passing("just above the limit"),
            *changing.swinging(),
            Scenario("just below the limit", late(LAG_SHARE * 0.98), at),
            Scenario("none is late", late(0), at),
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

    one_in_three = then(*(steady(count, 2) for count in (0, 1, 2, 3, 1, 2, 3)))
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
        logs=LogPattern.RATE_LIMIT,
        summary="The rate limiter of {{ $labels.job }} works without its storage",
        description="{{ $value | humanize }} requests a second in {{ $labels.environment }} are decided without being "
        "counted, as RATE_LIMIT_WITHOUT_REDIS says.",
        meaning="Redis does not answer the service; limits are not enforced, or everybody is refused.",
        impact="An attacker is not held back, or customers are.",
        scenarios=(
            # The second sample of a counter shows its pace.
            Scenario("Redis is away", (decided(lost, rising(600, minutes)),), pending + _MINUTE, (target.job_labels,)),
            Scenario(
                "it refuses one in three minutes meanwhile, and the service restarts",
                (decided(RateLimitOutcome.UNCHECKED_REJECTED, one_in_three), decided(lost, steady(9, minutes))),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "all are counted", (decided(checked, rising(600, minutes)), decided(lost, steady(9, minutes))), at
            ),
            Scenario("many are refused", (decided(RateLimitOutcome.REJECTED, rising(600, minutes)),), at),
            Scenario(
                "a fail-over eight minutes ago",
                (decided(lost, then(rising(60, 2), steady(120, minutes))),),
                timedelta(minutes=10),
            ),
            Scenario("Redis is away, but not for long enough", (decided(lost, rising(600, minutes)),), pending),
            Scenario("no data", (), at),
        ),
    )
