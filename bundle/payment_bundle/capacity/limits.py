"""What is outgrown: limits of the programs, each with its source and with what helps."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from payment_bundle.capacity import costs
from payment_bundle.capacity.figure import Key

if TYPE_CHECKING:
    from payment_bundle.capacity.figure import Estimate
    from payment_catalog.settings import Settings

#: Share of its memory that a Prometheus may fill by itself: queries and the file cache need the rest.
FILLED = 0.6


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that one program takes of what ``key`` counts."""

    name: str
    key: Key
    most: float
    programs: str
    source: str
    help: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that a usual day of an estimate is above."""

    limit: Limit
    found: float

    @property
    def programs(self) -> int:
        """How many of the program share the load, each below the limit."""
        return ceil(self.found / self.limit.most)


def limits(settings: Settings, memory: float) -> tuple[Limit, ...]:
    """Return the limits for ``settings`` and Prometheis with ``memory`` bytes each."""
    series = (memory * FILLED - costs.PROCESS_BYTES.usual) / costs.SERIES_BYTES.usual
    interval = settings.scraping.evaluation_interval.total_seconds()
    return (
        Limit(
            "PrometheusMemory",
            Key.MEMORY,
            memory * FILLED,
            "Prometheus servers",
            f"{FILLED:.0%} of {memory / costs.GIB:g} GiB, the rest is for queries: {series:,.0f} series without rules",
            "more memory, then a Prometheus for each group of services, then Mimir, Thanos or VictoriaMetrics",
        ),
        Limit(
            "PrometheusSamples",
            Key.SAMPLES,
            1_000_000,
            "Prometheus servers",
            "one large server: PromLabs, Introduction to Prometheus",
            "a longer scrape interval, fewer series, a Prometheus for each group of services",
        ),
        Limit(
            "RuleEvaluation",
            Key.RULE_SECONDS,
            interval,
            "cores",
            "then the rules take one core all of the time",
            "a longer evaluation interval, a Prometheus or ruler for each group of services",
        ),
        Limit(
            "NotificationQueue",
            Key.ALERTS,
            10_000,
            "Prometheus servers",
            "`--alertmanager.notification-queue-capacity`; what is above it is dropped",
            "a larger queue, a Prometheus for each group of services, inhibition by what they share",
        ),
        Limit(
            "AlertmanagerGossip",
            Key.ALERTS,
            4096,
            "Alertmanager clusters",
            "`maxQueueSize`, fixed in the program; older messages between its members are dropped",
            "an Alertmanager cluster for each group of services",
        ),
        Limit(
            "FluentdWorker",
            Key.LOG_LINES,
            5_000,
            "workers of aggregators",
            "messages in one process: Fluentd, Performance Tuning",
            "`logs.aggregator_workers`, more aggregators; on each node its own Fluentd has that node's lines only",
        ),
        Limit(
            "ElasticsearchShards",
            Key.LOG_SHARDS,
            1_000,
            "data nodes",
            "`cluster.max_shards_per_node`: Elastic, Size your shards",
            "keep logs for a shorter time, let small services share data streams",
        ),
    )


def reached(estimate: Estimate, known: tuple[Limit, ...]) -> tuple[Reached, ...]:
    """Return the limits that a usual day is above, in their order."""
    found = ((limit, estimate.amount(limit.key).usual) for limit in known)
    return tuple(Reached(limit, amount) for limit, amount in found if amount > limit.most)
