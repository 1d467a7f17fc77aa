"""Database backups in a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import gauge_family
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.metric import Metric

PATTERN = "db_backup_*.sql.gz"


class BackupCollector:
    """Looks at the names, ages and sizes of backups; a missing directory holds none."""

    name = ExporterCollector.BACKUP

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Sequence[MetricFamily]:
        """Return the number of backups, and age and size of the newest."""
        found = [file.stat() for file in self._directory.glob(PATTERN)]
        families = [_gauge(metrics.BACKUP_FILES, len(found))]
        if found:
            newest = max(found, key=lambda stat: stat.st_mtime)
            families.append(_gauge(metrics.BACKUP_LAST_TIMESTAMP, newest.st_mtime))
            families.append(_gauge(metrics.BACKUP_LAST_SIZE, newest.st_size))
        return families


def _gauge(metric: Metric, value: float) -> MetricFamily:
    family = gauge_family(metric)
    family.add_metric([], value)
    return family
