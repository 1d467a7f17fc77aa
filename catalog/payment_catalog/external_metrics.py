"""Metrics that expressions use and that other programs or libraries publish."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.prometheus_metrics import MONITORING_METRICS, PROMETHEUS
from payment_catalog.publishers import EXPORTER, SERVICE

CLIENT_LIBRARY = "prometheus_client.ProcessCollector"

RESIDENT_MEMORY = "process_resident_memory_bytes"
PROCESS_CPU = "process_cpu_seconds_total"
START_TIME = "process_start_time_seconds"
OPEN_FILES = "process_open_fds"
MOST_OPEN_FILES = "process_max_fds"

UP = Metric("up", MetricType.GAUGE, "1 when the last scrape of the target succeeded, else 0.", PROMETHEUS)
ALERTNAME = Label("alertname", bound="the alerts of the rule files")
ALERTSTATE = Label("alertstate", ("pending", "firing"))
#: Labels that every alert of a name has alike.
LABELS_OF_ALERTS = (
    Label("severity", ("critical", "warning", "info", "none")),
    Label("priority", ("P0", "P1", "P2", "P3")),
    Label("team", bound="the rows of the escalation matrix"),
    Label("incident", bound="the incidents of the runbook"),
    Label("level", ("L2", "L3")),
)
ALERTS = Metric(
    "ALERTS",
    MetricType.GAUGE,
    "1 for each pending or firing alert.",
    PROMETHEUS,
    (ALERTNAME, *LABELS_OF_ALERTS, ALERTSTATE),
)
ALERTS_FOR_STATE = Metric(
    "ALERTS_FOR_STATE",
    MetricType.GAUGE,
    "When each pending or firing alert became pending, in seconds since unix epoch.",
    PROMETHEUS,
    (ALERTNAME, *LABELS_OF_ALERTS),
)

#: Published by the client library inside the service and the exporter alike.
PROCESS_METRICS: tuple[Metric, ...] = tuple(
    Metric(name, kind, description, publisher, library=CLIENT_LIBRARY)
    for publisher in (SERVICE, EXPORTER)
    for name, kind, description in (
        ("process_virtual_memory_bytes", MetricType.GAUGE, "Virtual memory size in bytes."),
        (RESIDENT_MEMORY, MetricType.GAUGE, "Resident memory size in bytes."),
        (
            START_TIME,
            MetricType.GAUGE,
            "Start time of the process since unix epoch in seconds.",
        ),
        (PROCESS_CPU, MetricType.COUNTER, "Total user and system CPU time spent in seconds."),
        (OPEN_FILES, MetricType.GAUGE, "Number of open file descriptors."),
        (MOST_OPEN_FILES, MetricType.GAUGE, "Maximum number of open file descriptors."),
    )
)

EXTERNAL_METRICS: tuple[Metric, ...] = (UP, ALERTS, ALERTS_FOR_STATE, *MONITORING_METRICS)
