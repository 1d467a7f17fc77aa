"""Logs in Elasticsearch; the cluster's figures have the names that elasticsearch_exporter has made usual."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import ClusterStatus, LogPattern, values

#: Seconds before now that are searched for matching lines.
LOG_WINDOW_SECONDS = 300

LOG_LINES = Metric(
    "elasticsearch_log_lines",
    MetricType.GAUGE,
    f"Log lines of the last {LOG_WINDOW_SECONDS // 60} minutes that match a pattern of the runbook.",
    EXPORTER,
    (Label("pattern", values(LogPattern)),),
)
NEWEST_LOG = Metric(
    "elasticsearch_newest_log_timestamp_seconds",
    MetricType.GAUGE,
    "Time of the newest log line that can be searched, as Unix time; the ingestion lag is its age.",
    EXPORTER,
    conditional="Published when there is a log line.",
)
CLUSTER_STATUS = Metric(
    "elasticsearch_cluster_health_status",
    MetricType.GAUGE,
    "1 for the colour of the cluster's health, 0 for the others.",
    EXPORTER,
    (Label("color", values(ClusterStatus)),),
)
NODES = Metric("elasticsearch_cluster_health_number_of_nodes", MetricType.GAUGE, "Nodes of the cluster.", EXPORTER)
ACTIVE_SHARDS = Metric("elasticsearch_cluster_health_active_shards", MetricType.GAUGE, "Active shards.", EXPORTER)
UNASSIGNED_SHARDS = Metric(
    "elasticsearch_cluster_health_unassigned_shards", MetricType.GAUGE, "Shards that no node holds.", EXPORTER
)
PENDING_TASKS = Metric(
    "elasticsearch_cluster_health_number_of_pending_tasks",
    MetricType.GAUGE,
    "Changes of the cluster's state that wait.",
    EXPORTER,
)

METRICS: tuple[Metric, ...] = (
    LOG_LINES,
    NEWEST_LOG,
    CLUSTER_STATUS,
    NODES,
    ACTIVE_SHARDS,
    UNASSIGNED_SHARDS,
    PENDING_TASKS,
)
