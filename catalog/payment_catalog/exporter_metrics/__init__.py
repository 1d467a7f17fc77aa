"""Metrics that the payment exporter publishes on ``/metrics``: one module for each collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.exporter_metrics import (
    archive,
    backup,
    business,
    elasticsearch,
    failover,
    host,
    operation,
    postgres,
    probe,
    redis,
)
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.metric import Metric

COLLECTOR_METRICS: Mapping[ExporterCollector, tuple[Metric, ...]] = {
    ExporterCollector.BUSINESS: business.METRICS,
    ExporterCollector.POSTGRES: postgres.METRICS,
    ExporterCollector.REDIS: redis.METRICS,
    ExporterCollector.HOST: host.METRICS,
    ExporterCollector.BACKUP: (*backup.METRICS, *failover.METRICS),
    ExporterCollector.ARCHIVE: archive.METRICS,
    ExporterCollector.ELASTICSEARCH: elasticsearch.METRICS,
    ExporterCollector.PROBE: probe.METRICS,
}

EXPORTER_METRICS: tuple[Metric, ...] = (
    *(metric for metrics in COLLECTOR_METRICS.values() for metric in metrics),
    *operation.METRICS,
)
