"""Alerts on Redis, where the service counts its rate limits.

Without a series there is no Redis, or the collector fails, which ExporterCollectorFails says. The figures are
Redis' own: of several exporters that publish them, the highest counts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.event_limits import COUNT_WINDOW
from payment_alerts.scenario_series import Target, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import redis
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: A tenth is left for what a burst of callers adds: each costs a counter of some hundred bytes.
MEMORY_SHARE = 0.9
#: One refused connection is a pod whose rate limiter was left without its counters.
REJECTED_CONNECTIONS = 1

_AT = timedelta(minutes=30)
_MINUTES = _AT // timedelta(minutes=1)


def redis_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on Redis."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-redis",
        "redis.yaml",
        (memory_near_limit(job, target), rejects_connections(job, target)),
        dashboard=Dashboard.DATABASE,
    )


def memory_near_limit(job: str, target: Target) -> Alert:
    """Redis soon refuses writes, or forgets keys."""
    maximum = 1_000_000_000

    def used(values: str, limit: int = maximum, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(redis.MEMORY_USED.name, values),
            by.series(redis.MEMORY_MAX.name, steady(limit, _MINUTES)),
        )

    # maxmemory 0 is no limit: what then runs out is the host's memory, and MemoryUsageHigh says so.
    limit = f"(max by ({JOB}) ({redis.MEMORY_MAX}{{{job}}}) > 0)"
    return Alert(
        name="RedisMemoryNearLimit",
        expr=f"max by ({JOB}) ({redis.MEMORY_USED}{{{job}}}) / {limit} > {number(MEMORY_SHARE)}",
        # Counters of rate limits expire within minutes: a burst passes.
        pending=timedelta(minutes=10),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="Redis has little memory left",
        description="Redis in {{ $labels.environment }} uses {{ $value | humanizePercentage }} of maxmemory.",
        meaning="The keys in Redis take nearly all of the memory that it may use.",
        impact="None yet; at the limit Redis refuses writes or evicts keys, and requests are no longer counted.",
        scenarios=(
            Scenario("full", used(steady(maximum, _MINUTES)), timedelta(minutes=11), (target.job_labels,)),
            Scenario("just above the limit", used(steady(maximum * 0.905, _MINUTES)), _AT, (target.job_labels,)),
            Scenario(
                "just above the limit, of two exporters the other read earlier",
                (*used(steady(maximum * 0.905, _MINUTES)), *used(steady(0, _MINUTES), by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario(
                "just below the limit, for two exporters, one of which read before the limit was raised",
                (
                    *used(steady(maximum * 0.895, _MINUTES)),
                    *used(steady(maximum * 0.895, _MINUTES), maximum // 2, by=target.second),
                ),
                _AT,
            ),
            Scenario("exactly the limit", used(steady(maximum * 0.9, _MINUTES)), _AT),
            Scenario("a usual day", used(steady(maximum * 0.1, _MINUTES)), _AT),
            Scenario("full for nine minutes only", used(steady(maximum, _MINUTES)), timedelta(minutes=9)),
            Scenario("a restart empties it", used(then(steady(maximum, 25), steady(maximum * 0.01, 10))), _AT),
            Scenario("maxmemory is 0: no limit", used(steady(maximum, _MINUTES), limit=0), _AT),
            Scenario("no Redis", (), _AT),
        ),
    )


def rejects_connections(job: str, target: Target) -> Alert:
    """Redis refuses connections because of maxclients."""
    window = format_duration(COUNT_WINDOW)
    history = 1000

    def rejected(*steps: int, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the counter: the first step lasts till minute 20, each other one three minutes, the last goes on."""
        first, *middle, last = steps
        middles = (steady(step, 2) for step in middle)
        return (by.series(redis.REJECTED_CONNECTIONS.name, then(steady(first, 20), *middles, steady(last, _MINUTES))),)

    return Alert(
        name="RedisRejectsConnections",
        # Half a connection below the limit, because increase() extrapolates. A restart of Redis begins anew at 0,
        # which is no refusal.
        expr=f"max by ({JOB}) (increase({redis.REJECTED_CONNECTIONS}{{{job}}}[{window}]))"
        f" > {number(REJECTED_CONNECTIONS - 0.5)}",
        # One more scrape of every exporter, so that the first message has the whole count.
        pending=timedelta(minutes=1),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Redis refuses connections",
        description=f'Redis in {{{{ $labels.environment }}}} has refused {{{{ $value | printf "%.0f" }}}} connections '
        f"within {window}, because maxclients are connected.",
        meaning="More clients are connected than Redis accepts: a leak, or more pods than it was set up for.",
        impact="Pods without a connection do not count requests, or refuse them (RATE_LIMIT_WITHOUT_REDIS).",
        scenarios=(
            Scenario("a hundred", rejected(history, history + 100), timedelta(minutes=22), (target.job_labels,)),
            Scenario("the first one", rejected(0, REJECTED_CONNECTIONS), _AT, (target.job_labels,)),
            Scenario("one after a restart", rejected(history, 0, REJECTED_CONNECTIONS), _AT, (target.job_labels,)),
            Scenario(
                "a second exporter has begun after it",
                (*rejected(history, history + 1), *rejected(history + 1, history + 1, by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario("none, after a long history", rejected(history, history), _AT),
            Scenario("a restart", rejected(history, 0), _AT),
            Scenario("they are long past", rejected(history, history + 100), timedelta(minutes=45)),
            Scenario("they were refused just now", rejected(history, history + 100), timedelta(minutes=21)),
            Scenario("no Redis", (), _AT),
        ),
    )
