"""Log lines by pattern, recorded for alerts and dashboards: as Fluentd reads them, and as Elasticsearch holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.durations import format_duration
from payment_catalog.exporter_metrics import elasticsearch
from payment_catalog.promql import quote
from payment_catalog.signal import RecordingRule
from payment_catalog.signals import WINDOW, exporter_job

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: Labels of what is compared across programs, whose jobs differ.
_PLACE = "environment, namespace"

#: Over which what was read is compared with what is held: a line that comes a minute late is a small part of it.
COMPARED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LogSeries:
    """The recorded series, each in lines a second by environment, namespace and pattern; each prints as its name."""

    counted: RecordingRule
    read: RecordingRule
    held: RecordingRule

    @property
    def rules(self) -> tuple[RecordingRule, ...]:
        """All of them."""
        return self.counted, self.read, self.held


def log_series(settings: Settings) -> LogSeries:
    """Return the series of log lines.

    ``counted`` is what all Fluentds together count, over the window of the rates of requests. ``read`` is the same and
    ``held`` what Elasticsearch has, both over ``COMPARED``; the exporter counts a few minutes at a time, of which the
    mean is taken, and of several exporters the highest.
    """
    lines, counts = fluentd.LOG_LINES, elasticsearch.LOG_LINES
    by = ", ".join((_PLACE, *lines.label_names))
    selected = f"{lines}{{job={quote(fluentd.FLUENTD_JOB)}}}"
    window = format_duration(COMPARED)
    level = "_".join(("namespace", *lines.label_names))
    name = lines.name.removesuffix("_total")
    return LogSeries(
        RecordingRule(f"{level}:{name}:rate{WINDOW}", f"sum by ({by}) (rate({selected}[{WINDOW}]))"),
        RecordingRule(f"{level}:{name}:rate{window}", f"sum by ({by}) (rate({selected}[{window}]))"),
        RecordingRule(
            f"{level}:{counts.name}:rate{window}",
            f"max by ({by}) (avg_over_time({counts}{{{exporter_job(settings)}}}[{window}]))"
            f" / {elasticsearch.LOG_WINDOW_SECONDS}",
        ),
    )
