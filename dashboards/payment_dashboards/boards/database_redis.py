"""Rows of the dashboard ``payment-database`` on Redis, where the service counts its rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.exporter_metrics import redis
from payment_catalog.signal import Query
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Row
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

NO_REDIS = "no Redis"


def rows(kit: Kit) -> tuple[Row, ...]:
    """Return the rows."""
    return (
        Row("Does Redis answer everybody?", (rejected_connections(kit), clients(kit), commands(kit))),
        Row("Does Redis keep what it is told?", (memory(kit), lost_keys(kit), hit_ratio(kit))),
    )


def _now(kit: Kit, metric: Metric) -> str:
    """Return a figure of Redis' own: of several exporters that read it, the highest."""
    return f"max by ({JOB}) ({metric}{{{exporter_job(kit.settings)}}})"


def _rate(kit: Kit, metric: Metric) -> str:
    return f"max by ({JOB}) (rate({metric}{{{exporter_job(kit.settings)}}}[$__rate_interval]))"


def rejected_connections(kit: Kit) -> OverTime:
    """Return the connections that Redis refused within the window of their alert."""
    window = kit.window("RedisRejectsConnections")
    return OverTime(
        title=f"Connections refused within {window}",
        description=f"Connections that Redis refused in the last {window}, because as many as maxclients were open. "
        "Each is an instance whose rate limiter is without its counters.",
        queries=(kit.measured("RedisRejectsConnections", "refused"),),
        limits=kit.limits("RedisRejectsConnections"),
        links=kit.runbooks("RedisRejectsConnections"),
        value_links=(kit.logs("Requests that were not counted", 'event: "rate limit is not counted"'),),
        no_value=NO_REDIS,
    )


def clients(kit: Kit) -> OverTime:
    """Return the clients of Redis."""
    return OverTime(
        title="Clients of Redis",
        description=f"{redis.CONNECTED_CLIENTS.description} Blocked ones wait in a command, which the service never "
        "does. A number that only rises is a leak.",
        queries=(
            Query(_now(kit, redis.CONNECTED_CLIENTS), "connected"),
            Query(_now(kit, redis.BLOCKED_CLIENTS), "blocked"),
        ),
        no_value=NO_REDIS,
    )


def commands(kit: Kit) -> OverTime:
    """Return the commands that Redis processes."""
    return OverTime(
        title="Commands of Redis",
        description="Commands that Redis processes a second: a few for each request, whose rate it follows.",
        queries=(Query(_rate(kit, redis.COMMANDS), "commands"),),
        unit=Unit.EVENTS_PER_SECOND,
        no_value=NO_REDIS,
    )


def memory(kit: Kit) -> OverTime:
    """Return the memory of Redis, and how much it may use."""
    return OverTime(
        title="Memory of Redis",
        description=f"{redis.MEMORY_USED.description} The dashed line is maxmemory, where it is set; without it the "
        "host's memory is the limit.",
        queries=(
            Query(_now(kit, redis.MEMORY_USED), "used"),
            Query(f"{_now(kit, redis.MEMORY_MAX)} > 0", "maxmemory"),
        ),
        unit=Unit.BYTES,
        links=kit.runbooks("RedisMemoryNearLimit"),
        bounds=("maxmemory",),
        no_value=NO_REDIS,
    )


def lost_keys(kit: Kit) -> OverTime:
    """Return the keys that end: by their time, or because there is no room."""
    return OverTime(
        title="Keys that end",
        description="Keys that expire a second, as counters of rate limits do, and keys that Redis evicts because of "
        "maxmemory: those were still needed.",
        queries=(
            Query(_rate(kit, redis.EXPIRED_KEYS), "expired"),
            Query(_rate(kit, redis.EVICTED_KEYS), "evicted"),
        ),
        unit=Unit.EVENTS_PER_SECOND,
        no_value=NO_REDIS,
    )


def hit_ratio(kit: Kit) -> OverTime:
    """Return the share of look-ups that found their key."""
    hits, misses = _rate(kit, redis.KEYSPACE_HITS), _rate(kit, redis.KEYSPACE_MISSES)
    return OverTime(
        title="Look-ups that found their key",
        description="Share of look-ups that found their key. The rate limiter counts without looking first, and looks "
        "one up only to tell a refused caller when to come back.",
        queries=(Query(f"{hits} / ({hits} + {misses} > 0)", "found"),),
        unit=Unit.RATIO,
        maximum=1,
        no_value="no look-up",
    )
