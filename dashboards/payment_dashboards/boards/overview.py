"""The dashboard ``payment-service``: is it healthy, which objective burns, who is called, what changed; and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog import runtime_metrics
from payment_catalog.burn_rates import tiers
from payment_catalog.dashboards import Dashboard
from payment_catalog.external_metrics import START_TIME, UP
from payment_catalog.signal import Query
from payment_catalog.signals import JOB, service_job
from payment_catalog.slo_series import budget_remaining, burn_rate
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.application_inside import connections
from payment_dashboards.boards.firing import pages_firing, who_is_called
from payment_dashboards.boards.slo import BUDGET
from payment_dashboards.colours import CURRENCIES, FAILURE_REASONS, METHODS
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_catalog.slos import Objective
    from payment_dashboards.kit import Kit

_HOUR = timedelta(hours=1)


def overview(kit: Kit) -> Board:
    """Return the dashboard."""
    errors = kit.logs("Errors in the logs", 'level: "ERROR"')
    return Board(
        Dashboard.OVERVIEW,
        "Is the payment service healthy, which objective burns, who is called, and what changed; below, every key "
        "metric of the runbook with its limit.",
        (
            Row(
                "Is it healthy?",
                (
                    instances_up(kit),
                    kit.now("payment_success_ratio", title="Payments succeed"),
                    kit.now("error_ratio", title="Requests fail"),
                    kit.now("api_latency_p95", title="Response (p95)"),
                    kit.now("circuit_breaker_state", title="Circuit breaker"),
                    pages_firing(),
                ),
            ),
            Row("Which objective burns?", (budgets_left(kit), burn_rates(kit))),
            Row("Who is called, and what changed?", (who_is_called(kit.settings), what_runs(kit))),
            Row(
                "Application",
                (
                    kit.signal("payment_success_ratio", value_links=(errors,)),
                    kit.signal("error_ratio", value_links=(errors,)),
                    kit.signal("api_latency_p95"),
                    kit.states("circuit_breaker_state", width=12),
                    replace(connections(kit), width=12),
                ),
            ),
            Row(
                "Business",
                (
                    kit.signal("revenue_per_hour", width=12, colours=CURRENCIES),
                    kit.signal("payment_methods", width=12, colours=METHODS),
                    kit.signal("failed_transactions", width=12, colours=FAILURE_REASONS),
                    kit.signal("refund_ratio", width=12),
                ),
            ),
            Row(
                "Infrastructure",
                (
                    kit.signal("cpu_usage", width=12),
                    kit.signal("memory_usage", width=12),
                    kit.signal("disk_usage", width=12),
                    kit.signal("network_throughput", width=12),
                ),
            ),
        ),
    )


def instances_up(kit: Kit) -> Stat:
    """Return the share of instances that answer."""
    job = service_job(kit.settings)
    return Stat(
        title="Instances up",
        description="Share of the service's instances whose last scrape succeeded.",
        queries=(Query(f"avg({UP}{{{job}}})"),),
        unit=Unit.RATIO,
        limits=Limits(Side.BELOW, warning=1, critical=0.5),
        links=kit.runbooks(
            "PaymentServiceDown", "RecoveryTimeExceeded", "PaymentServiceInstanceDown", "PaymentExporterDown"
        ),
        no_value="no instance known",
    )


def budgets_left(kit: Kit) -> Stat:
    """Return the error budget that is left, of each objective."""
    return Stat(
        title="Error budget left",
        description="Share of the bad events of the objective's window that may still happen; below 0 it is broken.",
        queries=tuple(
            Query(f"min({budget_remaining(objective)})", objective.title) for objective in kit.catalog.objectives
        ),
        unit=Unit.RATIO,
        limits=BUDGET,
        named=True,
        sparkline=True,
        width=12,
        height=8,
        no_value="no events yet",
    )


def burn_rates(kit: Kit) -> OverTime:
    """Return how fast the budgets are spent."""
    return OverTime(
        title="Burn rate over an hour",
        description="How many times faster than it lasts the error budget is spent, over the last hour: at 1 it lasts "
        "exactly for the objective's window.",
        queries=tuple(
            Query(f"max({burn_rate(objective, _HOUR)})", objective.title) for objective in kit.catalog.objectives
        ),
        unit=Unit.TIMES,
        limits=Limits(Side.ABOVE, warning=1, critical=_fastest(kit.catalog.objectives)),
        decimals=2,
        no_value="no events yet",
        width=12,
    )


def _fastest(objectives: tuple[Objective, ...]) -> float:
    """Return the burn rate of an hour that calls somebody, whichever objective burns."""
    return min(tiers(objective)[0].rate for objective in objectives)


def what_runs(kit: Kit) -> Table:
    """Return the versions that run, the newest first."""
    build, start = runtime_metrics.BUILD_INFO, START_TIME
    job = service_job(kit.settings)
    labels = f"{JOB}, version"
    matching = f"on (environment, namespace, job, instance) group_left (version) {build}{{{job}}}"
    return Table(
        title="What runs",
        description="Versions of the service, how many instances have each, and when the newest of them was started.",
        queries=(
            Query(f"count by ({labels}) ({build}{{{job}}})"),
            Query(f"max by ({labels}) ({start}{{{job}}} * {matching}) * 1000"),
        ),
        columns=(
            Column(source="version", title="Version"),
            Column(source="environment", title="Environment"),
            Column(source="Value #A", title="Instances", unit=Unit.COUNT, width=90),
            Column(source="Value #B", title="Started", unit=Unit.MILLISECONDS_SINCE_EPOCH, width=130),
        ),
        sort="Started",
        descending=True,
        width=10,
    )
