"""The report of the last ``payobs archive``; no log file is looked at."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from payment_catalog.archive_report import ArchiveReport
from payment_catalog.exporter_metrics import archive as metrics
from payment_catalog.exposition import family, single
from payment_catalog.vocabulary import ArchiveOutcome, ExporterCollector
from payment_exporter.collectors.reports import ReportReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter import configuration


class ArchiveCollector:
    """Reads the report and says whether it could."""

    name = ExporterCollector.ARCHIVE

    def __init__(self, configuration: configuration.Archive) -> None:
        self._file = Path(configuration.report)
        self._reports = ReportReader(self.name)

    def collect(self, _within: float = math.inf) -> Iterator[MetricFamily]:
        """Yield whether there is a report that can be read, and its figures; a file cannot be told how soon."""
        report = self._reports.read(self._file, ArchiveReport)
        yield single(metrics.REPORT_READABLE, report is not None)
        if report:
            yield from _figures(report)

    def close(self) -> None:
        """Nothing is held."""


def _figures(report: ArchiveReport) -> Iterator[MetricFamily]:
    if report.last_complete:
        yield single(metrics.LAST_SUCCESS, report.last_complete.timestamp())
    yield single(metrics.LAST_RUN, report.finished.timestamp())
    yield single(metrics.LAST_RUN_DURATION, report.duration_seconds)
    yield family(metrics.LAST_RUN_FILES, {(outcome,): getattr(report, outcome) for outcome in ArchiveOutcome})
    yield single(metrics.LAST_RUN_SENT, report.sent_bytes)
    if report.oldest_waiting:
        yield single(metrics.OLDEST_WAITING, report.oldest_waiting.timestamp())
