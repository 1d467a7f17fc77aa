"""What fills up inside the service: queues, pools, the rate limiter, the event loop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_catalog import http_metrics, runtime_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.signal import Query
from payment_catalog.signals import service_job
from payment_catalog.thresholds import Unit
from payment_dashboards.colours import RATE_LIMIT_OUTCOMES
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit
    from payment_dashboards.panels.panel import Panel


def queues(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on what waits for its turn."""
    return in_progress(kit), pool_share(kit), connections(kit)


def rate_limiter(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on the rate limiter."""
    return decisions(kit), undecided(kit)


def process(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on the interpreter."""
    return late_timers(kit), tasks(kit), collector_pauses(kit)


def in_progress(kit: Kit) -> OverTime:
    """Return the requests that each instance serves at once."""
    return OverTime(
        title="Requests being served",
        description=f"{http_metrics.HTTP_REQUESTS_IN_PROGRESS.description} It is bad when they pile up: above the "
        "limit and twice as many as half an hour before.",
        queries=(kit.measured("RequestsPileUp", "{{instance}}"),),
        limits=kit.limits("RequestsPileUp"),
        links=kit.runbooks("RequestsPileUp"),
    )


def pool_share(kit: Kit) -> OverTime:
    """Return how much of its pool of database connections each instance uses."""
    return OverTime(
        title="Database pool in use",
        description="Share of the database connections that an instance may open (DB_MAX_CONNECTIONS) that are in use. "
        "At 100 % a request waits, and after five seconds fails.",
        queries=(kit.measured("DatabasePoolNearLimit", "{{instance}}"),),
        unit=Unit.RATIO,
        limits=kit.limits("DatabasePoolNearLimit"),
        links=kit.runbooks("DatabasePoolNearLimit"),
    )


def connections(kit: Kit) -> OverTime:
    """Return the connections of the pools, and the most that the database's opens."""
    return replace(kit.signal("active_connections"), bounds=("database maximum",))


def decisions(kit: Kit) -> OverTime:
    """Return what the rate limiter decides."""
    decided = f"rate({metrics.RATE_LIMIT_REQUESTS}{{{service_job(kit.settings)}}}[$__rate_interval])"
    return OverTime(
        title="Decisions of the rate limiter",
        description="Requests a second by what the rate limiter decided. Many rejections are a client that errs, or an "
        "attack.",
        queries=(Query(f"sum by (outcome) ({decided})", "{{outcome}}"),),
        unit=Unit.PER_SECOND,
        value_links=(kit.logs("Rate limits in the logs", 'security_event: "rate_limited"'),),
        colours=RATE_LIMIT_OUTCOMES,
        stacked=True,
        width=12,
    )


def undecided(kit: Kit) -> OverTime:
    """Return the requests that nobody counts."""
    return OverTime(
        title="Requests that the rate limiter does not count",
        description="Requests a second that pass or are refused while Redis does not answer, as "
        "RATE_LIMIT_WITHOUT_REDIS says: above 0, limits are not enforced or everybody is refused.",
        queries=(kit.measured("RateLimiterWithoutStorage", "{{environment}}"),),
        unit=Unit.PER_SECOND,
        limits=kit.limits("RateLimiterWithoutStorage"),
        links=kit.runbooks("RateLimiterWithoutStorage"),
        width=12,
    )


def late_timers(kit: Kit) -> OverTime:
    """Return how often something blocks the event loop."""
    return OverTime(
        title="Event loop blocked",
        description="Share of the event loop's timers that ran more than a quarter of a second late: every request of "
        "the instance waited as long.",
        queries=(kit.measured("EventLoopBlocked", "{{instance}}"),),
        unit=Unit.RATIO,
        limits=kit.limits("EventLoopBlocked"),
        links=kit.runbooks("EventLoopBlocked"),
    )


def tasks(kit: Kit) -> OverTime:
    """Return the tasks of each instance."""
    return OverTime(
        title="Asyncio tasks",
        description=f"{runtime_metrics.ASYNCIO_TASKS.description} What only rises is a leak, or waits for something.",
        queries=(
            Query(
                f"sum by (instance) ({runtime_metrics.ASYNCIO_TASKS}{{{service_job(kit.settings)}}})", "{{instance}}"
            ),
        ),
    )


def collector_pauses(kit: Kit) -> OverTime:
    """Return the time that garbage collection takes."""
    pauses = f"rate({runtime_metrics.GC_PAUSE}{{{service_job(kit.settings)}}}[$__rate_interval])"
    return OverTime(
        title="Paused for garbage collection",
        description=f"{runtime_metrics.GC_PAUSE.description} As a share of all time; above a few hundredths it shows "
        "in the response times.",
        queries=(Query(f"sum by (instance) ({pauses})", "{{instance}}"),),
        unit=Unit.RATIO,
    )
