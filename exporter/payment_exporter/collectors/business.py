"""Business figures, as the payment database has counted them.

The transaction that ends a payment or a refund adds it to ``business_totals``. So a figure costs the same with five
thousand rows and with five million; no clock, no order of commits and no restart can make it miss a row or count one
twice; and any number of exporters show the same. Each stays exact up to 2**53, the largest integer below which a
sample, a double, holds every one.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_catalog.exporter_metrics import business
from payment_catalog.exposition import family
from payment_catalog.vocabulary import Currency, ExporterCollector, PaymentStatus, RefundStatus
from payment_exporter.collectors.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.database_settings import DatabaseSettings
    from payment_catalog.metric import Metric

log = logging.getLogger(__name__)

_TOTALS = text("""
SELECT subject, method, status, currency, reason, sum(number) AS number, sum(amount_minor) AS amount
FROM business_totals GROUP BY subject, method, status, currency, reason
""")


@dataclass(frozen=True, slots=True)
class Share:
    """What some rows of the database add to the series with these label values."""

    labels: tuple[str, ...]
    amount: int


class BusinessCollector:
    """Reads the totals of payments, revenue, failures and refunds."""

    name = ExporterCollector.BUSINESS

    def __init__(self, settings: DatabaseSettings, timeout: float) -> None:
        self._database = Database(settings, timeout)
        self._said: set[str] = set()

    def collect(self, within: float = math.inf) -> Iterator[MetricFamily]:
        """Yield every combination of the vocabulary, so that a first payment is an increase from 0."""
        with self._database.connect(within) as connection:
            rows = connection.execute(_TOTALS).all()
        payments = [row for row in rows if row.subject == "payment"]
        refunds = [row for row in rows if row.subject == "refund"]
        succeeded = [row for row in payments if row.status == PaymentStatus.SUCCEEDED]
        failed = [row for row in payments if row.status == PaymentStatus.FAILED]
        refunded = [row for row in refunds if row.status == RefundStatus.SUCCEEDED]
        yield self._totals(
            business.PAYMENTS, (Share((row.method, row.status, row.currency), int(row.number)) for row in payments)
        )
        yield self._totals(business.REVENUE, (Share((row.currency,), int(row.amount)) for row in succeeded))
        yield self._totals(business.FAILURES, (Share((row.reason,), int(row.number)) for row in failed))
        yield self._totals(business.REFUNDS, (Share((row.status, row.currency), int(row.number)) for row in refunds))
        yield self._totals(business.REFUNDED, (Share((row.currency,), int(row.amount)) for row in refunded))
        yield family(business.CURRENCY_MINOR_UNITS, {(currency,): currency.minor_units for currency in Currency})

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _totals(self, metric: Metric, shares: Iterable[Share]) -> MetricFamily:
        totals, strange = tally(metric, shares)
        if strange and metric.name not in self._said:
            self._said.add(metric.name)
            log.warning(
                "rows with an undeclared value are left out of %s, label: %s", metric.name, ", ".join(sorted(strange))
            )
        return family(metric, totals)


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
            totals[share.labels] += share.amount
    return totals, strange
