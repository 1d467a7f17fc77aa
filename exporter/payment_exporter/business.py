"""Business figures from the payment database."""

from __future__ import annotations

import logging
from itertools import product
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import counter_family, gauge_family
from payment_catalog.vocabulary import Currency, ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.core import Metric as MetricFamily
    from sqlalchemy import Connection, Engine

    from payment_catalog.metric import Metric

log = logging.getLogger(__name__)

_PAYMENTS = """
SELECT method, status, currency, count(*), sum(amount_minor) FROM payments
WHERE status <> 'pending' GROUP BY method, status, currency
"""
_FAILURES = "SELECT failure_reason, count(*) FROM payments WHERE status = 'failed' GROUP BY failure_reason"
_REFUNDS = "SELECT status, currency, count(*) FROM refunds WHERE status <> 'pending' GROUP BY status, currency"


class BusinessCollector:
    """Counts payments, revenue, failures and refunds."""

    name = ExporterCollector.BUSINESS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Sequence[MetricFamily]:
        """Return every combination of the vocabulary, so that a first payment is an increase from 0."""
        with self._engine.connect() as connection:
            payments = [(tuple(row[:3]), int(row[3]), int(row[4])) for row in connection.execute(text(_PAYMENTS))]
            failures = _counts(connection, _FAILURES)
            refunds = _counts(connection, _REFUNDS)
        revenue = [((currency,), amount) for (_, status, currency), _, amount in payments if status == "succeeded"]
        minor_units = gauge_family(metrics.BUSINESS_CURRENCY_MINOR_UNITS)
        for currency in Currency:
            minor_units.add_metric([currency], currency.minor_units)
        return (
            _family(metrics.BUSINESS_PAYMENTS, [(labels, count) for labels, count, _ in payments]),
            _family(metrics.BUSINESS_REVENUE, revenue),
            minor_units,
            _family(metrics.BUSINESS_FAILURES, failures),
            _family(metrics.BUSINESS_REFUNDS, refunds),
        )


def _counts(connection: Connection, statement: str) -> list[tuple[tuple[object, ...], int]]:
    return [(tuple(row[:-1]), int(row[-1])) for row in connection.execute(text(statement))]


def _family(metric: Metric, rows: Iterable[tuple[tuple[object, ...], int]]) -> MetricFamily:
    """Sum ``rows`` by their labels. A value that is not declared makes no series: it is logged and left out."""
    totals = dict.fromkeys(product(*(label.values for label in metric.labels)), 0)
    for labels, amount in rows:
        key = tuple(str(label) for label in labels)
        if key in totals:
            totals[key] += amount
        else:
            log.warning("undeclared value in the database metric=%s labels=%r", metric.name, key)
    family = counter_family(metric)
    for labels, total in totals.items():
        family.add_metric(labels, total)
    return family
