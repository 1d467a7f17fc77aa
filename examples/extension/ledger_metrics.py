"""What the ledger publishes: read by the service, which makes the collector, and by the alerts on it."""

from __future__ import annotations

from payment_catalog.metric import Metric, MetricType, WorkerAggregation
from payment_catalog.publishers import SERVICE

POSTINGS_PENDING = Metric(
    "ledger_postings_pending",
    MetricType.GAUGE,
    "Payments that succeeded and are not posted to the ledger yet.",
    SERVICE,
    workers=WorkerAggregation.MAX,
)
