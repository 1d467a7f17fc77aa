"""Database backups in a directory."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import gauge_family
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
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
        """Return the number of backups, and age and size of the newest.

        Raises OSError for a directory that may not be read: that it holds no backup is not known.
        """
        found = list(_backups(self._directory))
        families = [_gauge(metrics.BACKUP_FILES, len(found))]
        if found:
            newest = max(found, key=lambda file: file.st_mtime)
            families.append(_gauge(metrics.BACKUP_LAST_TIMESTAMP, newest.st_mtime))
            families.append(_gauge(metrics.BACKUP_LAST_SIZE, newest.st_size))
        return families


def _backups(directory: Path) -> Iterator[os.stat_result]:
    try:
        entries = list(directory.iterdir())
    except FileNotFoundError:
        return
    for entry in entries:
        if not entry.match(PATTERN):
            continue
        try:
            file = entry.stat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(file.st_mode):
            yield file


def _gauge(metric: Metric, value: float) -> MetricFamily:
    family = gauge_family(metric)
    family.add_metric([], value)
    return family
