"""Database backups in a directory, the targets, and what reports there say of making, verifying and failing over."""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from payment_catalog.backup_report import (
    BACKUP_GLOB,
    LAST_BACKUP,
    LAST_FAILOVER_TEST,
    LAST_VERIFICATION,
    BackupOutcome,
    BackupRun,
    FailoverTestOutcome,
    FailoverTestReport,
    VerificationOutcome,
    VerificationReport,
)
from payment_catalog.exporter_metrics import backup as metrics
from payment_catalog.exporter_metrics import failover
from payment_catalog.exposition import single
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collectors.reports import ReportReader

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from datetime import timedelta

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter import configuration


class BackupCollector:
    """Looks at the names, ages and sizes of backups and at the reports; a missing directory holds none."""

    name = ExporterCollector.BACKUP

    def __init__(self, configuration: configuration.Backup) -> None:
        self._directory = Path(configuration.directory)
        self._recovery_point: timedelta = configuration.recovery_point_objective
        self._recovery_time: timedelta = configuration.recovery_time_objective
        self._reports = ReportReader(self.name)

    def collect(self, _within: float = math.inf) -> Iterator[MetricFamily]:
        """Yield the targets, then the number of backups, age and size of the newest, and how the last runs ended.

        Raises OSError for a directory that may not be read: that it holds no backup is not known. A report
        that cannot be read takes only its own figures away. A directory cannot be told how soon.
        """
        yield single(metrics.RECOVERY_POINT_OBJECTIVE, self._recovery_point.total_seconds())
        yield single(metrics.RECOVERY_TIME_OBJECTIVE, self._recovery_time.total_seconds())
        yield from self._files()
        yield from self._last_run()
        yield from self._last_verification()
        yield from self._last_failover_test()

    def close(self) -> None:
        """Nothing is held."""

    def _files(self) -> Iterator[MetricFamily]:
        found = list(_backups(self._directory))
        yield single(metrics.FILES, len(found))
        if found:
            newest = max(found, key=lambda file: file.st_mtime)
            yield single(metrics.LAST_TIMESTAMP, newest.st_mtime)
            yield single(metrics.LAST_SIZE, newest.st_size)

    def _last_run(self) -> Iterator[MetricFamily]:
        run = self._reports.read(self._directory / LAST_BACKUP, BackupRun)
        if run:
            yield single(metrics.LAST_RUN_SUCCESS, run.outcome is BackupOutcome.SUCCEEDED)
            yield single(metrics.LAST_RUN_TIMESTAMP, run.finished.timestamp())
            yield single(metrics.LAST_RUN_DURATION, run.duration_seconds)

    def _last_verification(self) -> Iterator[MetricFamily]:
        run = self._reports.read(self._directory / LAST_VERIFICATION, VerificationReport)
        if run:
            yield single(metrics.VERIFICATION_SUCCESS, run.outcome is VerificationOutcome.VERIFIED)
            yield single(metrics.VERIFICATION_TIMESTAMP, run.finished.timestamp())
            if run.restore_seconds is not None:
                yield single(metrics.RESTORE_DURATION, run.restore_seconds)

    def _last_failover_test(self) -> Iterator[MetricFamily]:
        test = self._reports.read(self._directory / LAST_FAILOVER_TEST, FailoverTestReport)
        if test:
            yield single(failover.LAST_TIMESTAMP, test.recorded.timestamp())
            yield single(failover.LAST_SUCCESS, test.outcome is FailoverTestOutcome.PASSED)
            if test.last_passed is not None:
                yield single(failover.LAST_SUCCESS_TIMESTAMP, test.last_passed.timestamp())


def _backups(directory: Path) -> Iterator[os.stat_result]:
    try:
        entries = list(directory.iterdir())
    except FileNotFoundError:
        return
    for entry in entries:
        if not entry.match(BACKUP_GLOB):
            continue
        try:
            file = entry.stat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(file.st_mode):
            yield file
