"""The recorded series that a view over many services needs, and no more: the service as a whole, never an instance.

Each is summed to (environment, namespace, job), numerators and denominators apart, so that sums over services, regions
or everything are right: ratios are divided, and percentiles are computed, after summing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog import http_metrics
from payment_catalog.burn_rates import HOUR
from payment_catalog.signals import api_latency_p95, error_ratio, payment_success_ratio, refund_ratio
from payment_catalog.slo_series import BASE, budget_remaining, errors_rate, events_rate
from payment_catalog.slos import objectives

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


@dataclass(frozen=True, slots=True)
class GlobalSeries:
    """A recorded name, and how many series of it a service has in each of its environments."""

    name: str
    series: int = 1


def global_view(settings: Settings) -> tuple[GlobalSeries, ...]:
    """Return what leaves a Prometheus for the global view.

    Payments, requests, errors and refunds a second, the buckets of the time to answer, and of each objective its
    events and bad events over 5m, 1h and its window, and what is left of its budget.
    """
    rates = (
        rule
        for signal in (payment_success_ratio(settings), error_ratio(settings), refund_ratio(settings))
        for rule in signal.recordings
    )
    buckets = api_latency_p95(settings).recordings
    return (
        *(GlobalSeries(rule.record) for rule in rates),
        *(GlobalSeries(rule.record, len(http_metrics.LATENCY_BUCKETS) + 1) for rule in buckets),
        *(
            GlobalSeries(rate(objective, window))
            for objective in objectives(settings)
            for window in (BASE, HOUR, objective.window)
            for rate in (events_rate, errors_rate)
        ),
        *(GlobalSeries(budget_remaining(objective)) for objective in objectives(settings)),
    )
