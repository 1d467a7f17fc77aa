"""Metrics of Fluentd, as fluent-plugin-prometheus publishes them, and what the pipeline and its alerts agree on.

The plugin publishes what grows as gauges (``gauge_all``), with names without ``_total``: they are counters in all but
type, and begin anew with the process. What the pipeline itself counts, by the plugin's filter, are counters.
"""

from __future__ import annotations

from datetime import timedelta

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.vocabulary import LogPattern, values

FLUENTD = "Fluentd"
PLUGIN = "fluent-plugin-prometheus"

#: Name of the scrape job, and the plugin's own port.
FLUENTD_JOB = "fluentd"
FLUENTD_PORT = 24231

#: Ids of the outputs in ``fluent.conf``, and with them the values of ``plugin_id``.
SEARCH_OUTPUT = "elasticsearch"
ARCHIVE_OUTPUT = "archive"
FORWARD_OUTPUT = "aggregators"

#: The archive gets one object an hour, so long after the hour has ended.
ARCHIVE_HOUR = timedelta(hours=1)
ARCHIVE_WAIT = timedelta(minutes=10)

PLUGIN_ID = Label("plugin_id", bound="the plugins of fluent.conf")
TYPE = Label("type", bound="the types of the plugins of fluent.conf")
PATH = Label("path", bound="the log files of the containers on the node")


def _output(name: str, description: str) -> Metric:
    return Metric(
        f"fluentd_output_status_{name}", MetricType.GAUGE, description, FLUENTD, (PLUGIN_ID, TYPE), library=PLUGIN
    )


BUFFER_AVAILABLE = _output("buffer_available_space_ratio", "Percentage of the buffer's limit that is free, 0 to 100.")
BUFFER_BYTES = _output("buffer_total_bytes", "Bytes in the buffer, those that are being sent included.")
BUFFER_OLDEST = _output(
    "buffer_oldest_timekey",
    "Beginning of the oldest period whose records are in the buffer, as Unix time; stays when the buffer is empty.",
)
RETRIES = _output("retry_count", "Attempts to send a chunk that failed, since the process began.")
EMITTED = _output("emit_records", "Records that reached the output, since the process began.")
TAIL_POSITION = Metric(
    "fluentd_tail_file_position",
    MetricType.GAUGE,
    "Bytes of a log file that were read.",
    FLUENTD,
    (PLUGIN_ID, TYPE, PATH),
    library=PLUGIN,
)
LOG_LINES = Metric(
    "payment_log_lines_total",
    MetricType.COUNTER,
    "Log lines that match a pattern of the runbook, counted where they are read.",
    FLUENTD,
    (Label("pattern", values(LogPattern)),),
    library=PLUGIN,
)

FLUENTD_METRICS: tuple[Metric, ...] = (
    BUFFER_AVAILABLE,
    BUFFER_BYTES,
    BUFFER_OLDEST,
    RETRIES,
    EMITTED,
    TAIL_POSITION,
    LOG_LINES,
)
