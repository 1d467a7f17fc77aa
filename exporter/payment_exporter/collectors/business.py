"""Business figures from the payment database.

They are sums over what the tables hold, so they survive a restart of the service. Each stays exact up to
2**53, the largest integer below which a sample, a double, holds every one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import counter_family, gauge_family
from payment_catalog.vocabulary import Currency, ExporterCollector, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.core import Metric as MetricFamily
    from sqlalchemy import Engine

    from payment_catalog.metric import Metric

log = logging.getLogger(__name__)

_PAYMENTS = text("""
SELECT method, status, currency, failure_reason AS reason, count(*) AS number, coalesce(sum(amount_minor), 0) AS amount
FROM payments WHERE status <> :pending GROUP BY method, status, currency, failure_reason
""")
_REFUNDS = text("""
SELECT status, currency, count(*) AS number FROM refunds WHERE status <> :pending GROUP BY status, currency
""")


@dataclass(frozen=True, slots=True)
class Share:
    """What some rows of the database add to the series with these label values."""

    labels: tuple[str | None, ...]
    amount: int


class BusinessCollector:
    """Counts payments, revenue, failures and refunds."""

    name = ExporterCollector.BUSINESS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._said: set[str] = set()

    def collect(self) -> Sequence[MetricFamily]:
        """Return every combination of the vocabulary, so that a first payment is an increase from 0."""
        with self._engine.connect() as connection:
            payments = connection.execute(_PAYMENTS, {"pending": PaymentStatus.PENDING.value}).all()
            refunds = connection.execute(_REFUNDS, {"pending": RefundStatus.PENDING.value}).all()
        succeeded = [row for row in payments if row.status == PaymentStatus.SUCCEEDED]
        failed = [row for row in payments if row.status == PaymentStatus.FAILED]
        return (
            self._family(
                metrics.BUSINESS_PAYMENTS,
                [Share((row.method, row.status, row.currency), row.number) for row in payments],
            ),
            self._family(metrics.BUSINESS_REVENUE, [Share((row.currency,), int(row.amount)) for row in succeeded]),
            self._family(metrics.BUSINESS_FAILURES, [Share((row.reason,), row.number) for row in failed]),
            self._family(metrics.BUSINESS_REFUNDS, [Share((row.status, row.currency), row.number) for row in refunds]),
            _minor_units(),
        )

    def _family(self, metric: Metric, shares: Iterable[Share]) -> MetricFamily:
        totals, strange = tally(metric, shares)
        if strange and metric.name not in self._said:
            self._said.add(metric.name)
            log.warning(
                "rows with an undeclared value are left out of %s, label: %s", metric.name, ", ".join(sorted(strange))
            )
        family = counter_family(metric)
        for labels, total in totals.items():
            family.add_metric(labels, total)
        return family


def tally(metric: Metric, shares: Iterable[Share]) -> tuple[dict[tuple[str, ...], int], set[str]]:
    """Sum ``shares`` by their labels, and name the labels that held a value which is not declared.

    What is not declared makes no series, whoever wrote it into the database; it is told of by the name of
    its label, because the value itself may be anything.
    """
    totals = dict.fromkeys(product(*(label.values for label in metric.labels)), 0)
    strange: set[str] = set()
    for share in shares:
        unknown = {
            label.name for label, found in zip(metric.labels, share.labels, strict=True) if found not in label.values
        }
        if unknown:
            strange |= unknown
        else:
            totals[tuple(str(found) for found in share.labels)] += share.amount
    return totals, strange


def _minor_units() -> MetricFamily:
    family = gauge_family(metrics.BUSINESS_CURRENCY_MINOR_UNITS)
    for currency in Currency:
        family.add_metric([currency], currency.minor_units)
    return family
