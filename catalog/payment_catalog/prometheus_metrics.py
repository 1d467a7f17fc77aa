"""Metrics of Prometheus (2.42 and later, 3.x) and Alertmanager (0.25 and later), as they publish them themselves.

Newer versions add labels, ``reason`` to failed notifications and ``alertmanager`` to dropped ones: expressions sum over
them.
"""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType

PROMETHEUS = "Prometheus"
ALERTMANAGER = "Alertmanager"

RULE_GROUP = Label("rule_group", bound="the rule files and their groups")
ALERTMANAGER_URL = Label("alertmanager", bound="the addresses of the Alertmanagers")
INTEGRATION = Label("integration", bound="the kinds of receivers that Alertmanager knows")


def _counter(name: str, description: str, publisher: str = PROMETHEUS, labels: tuple[Label, ...] = ()) -> Metric:
    return Metric(name, MetricType.COUNTER, description, publisher, labels)


def _gauge(name: str, description: str, publisher: str = PROMETHEUS, labels: tuple[Label, ...] = ()) -> Metric:
    return Metric(name, MetricType.GAUGE, description, publisher, labels)


#: Stored by Prometheus for each target, beside ``up``; on nobody's page.
SCRAPE_DURATION = _gauge("scrape_duration_seconds", "How long the last scrape of the target took.")

CONFIG_RELOADED = _gauge(
    "prometheus_config_last_reload_successful", "1 when the last reload of the configuration succeeded, else 0."
)
RULE_FAILURES = _counter(
    "prometheus_rule_evaluation_failures_total", "Rules that could not be evaluated.", labels=(RULE_GROUP,)
)
RULE_ITERATIONS_MISSED = _counter(
    "prometheus_rule_group_iterations_missed_total",
    "Evaluations of the group that were left out, because the one before was not over.",
    labels=(RULE_GROUP,),
)
RULE_DURATION = _gauge(
    "prometheus_rule_group_last_duration_seconds",
    "How long the last evaluation of the group took.",
    labels=(RULE_GROUP,),
)
RULE_INTERVAL = _gauge(
    "prometheus_rule_group_interval_seconds", "Time between two evaluations of the group.", labels=(RULE_GROUP,)
)

SAMPLES_DUPLICATE = _counter(
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "Samples dropped, as there was another value for their time.",
)
SAMPLES_OUT_OF_ORDER = _counter(
    "prometheus_target_scrapes_sample_out_of_order_total", "Samples dropped, as a later one was stored before."
)
SAMPLES_OUT_OF_BOUNDS = _counter(
    "prometheus_target_scrapes_sample_out_of_bounds_total",
    "Samples dropped, as their time is too far from the present.",
)
SAMPLE_LIMIT_EXCEEDED = _counter(
    "prometheus_target_scrapes_exceeded_sample_limit_total", "Scrapes dropped because of sample_limit."
)
BODY_SIZE_LIMIT_EXCEEDED = _counter(
    "prometheus_target_scrapes_exceeded_body_size_limit_total", "Scrapes dropped because of body_size_limit."
)
LABEL_LIMITS_EXCEEDED = _counter(
    "prometheus_target_scrape_pool_exceeded_label_limits_total", "Scrapes dropped because of a limit on labels."
)
TARGET_LIMIT_EXCEEDED = _counter(
    "prometheus_target_scrape_pool_exceeded_target_limit_total",
    "Times that a job's targets were dropped because of target_limit.",
)

COMPACTIONS_FAILED = _counter("prometheus_tsdb_compactions_failed_total", "Compactions of the storage that failed.")
RELOADS_FAILED = _counter("prometheus_tsdb_reloads_failures_total", "Times that blocks could not be read from disk.")
WAL_WRITES_FAILED = _counter(
    "prometheus_tsdb_wal_writes_failed_total", "Writes to the write-ahead log that failed: their samples are lost."
)
WAL_CORRUPTIONS = _counter(
    "prometheus_tsdb_wal_corruptions_total", "Damages found in the write-ahead log, mostly when Prometheus starts."
)

ALERTMANAGERS_DISCOVERED = _gauge(
    "prometheus_notifications_alertmanagers_discovered", "Alertmanagers that alerts are sent to."
)
NOTIFICATIONS_DROPPED = _counter(
    "prometheus_notifications_dropped_total", "Alerts that reached no Alertmanager and are given up."
)
NOTIFICATION_ERRORS = _counter(
    "prometheus_notifications_errors_total",
    "Alerts, up to Prometheus 2 requests, that the Alertmanager did not take.",
    labels=(ALERTMANAGER_URL,),
)

ALERTMANAGER_CONFIG_RELOADED = _gauge(
    "alertmanager_config_last_reload_successful",
    "1 when the last reload of the configuration succeeded, else 0.",
    ALERTMANAGER,
)
ALERTMANAGER_CONFIG_HASH = _gauge(
    "alertmanager_config_hash", "A number that stands for the configuration in force.", ALERTMANAGER
)
MESSAGES = _counter("alertmanager_notifications_total", "Messages to be delivered.", ALERTMANAGER, (INTEGRATION,))
MESSAGES_FAILED = _counter(
    "alertmanager_notifications_failed_total",
    "Messages that were not delivered, all retries included.",
    ALERTMANAGER,
    (INTEGRATION,),
)
CLUSTER_MEMBERS = Metric(
    "alertmanager_cluster_members",
    MetricType.GAUGE,
    "Members of the cluster that this one knows, itself included.",
    ALERTMANAGER,
    conditional="Published unless clustering is off (an empty --cluster.listen-address).",
)

#: On the page of Prometheus.
PROMETHEUS_METRICS: tuple[Metric, ...] = (
    CONFIG_RELOADED,
    RULE_FAILURES,
    RULE_ITERATIONS_MISSED,
    RULE_DURATION,
    RULE_INTERVAL,
    SAMPLES_DUPLICATE,
    SAMPLES_OUT_OF_ORDER,
    SAMPLES_OUT_OF_BOUNDS,
    SAMPLE_LIMIT_EXCEEDED,
    BODY_SIZE_LIMIT_EXCEEDED,
    LABEL_LIMITS_EXCEEDED,
    TARGET_LIMIT_EXCEEDED,
    COMPACTIONS_FAILED,
    RELOADS_FAILED,
    WAL_WRITES_FAILED,
    WAL_CORRUPTIONS,
    ALERTMANAGERS_DISCOVERED,
    NOTIFICATIONS_DROPPED,
    NOTIFICATION_ERRORS,
)
#: On the page of Alertmanager.
ALERTMANAGER_METRICS: tuple[Metric, ...] = (
    ALERTMANAGER_CONFIG_RELOADED,
    ALERTMANAGER_CONFIG_HASH,
    MESSAGES,
    MESSAGES_FAILED,
    CLUSTER_MEMBERS,
)
MONITORING_METRICS: tuple[Metric, ...] = (SCRAPE_DURATION, *PROMETHEUS_METRICS, *ALERTMANAGER_METRICS)
