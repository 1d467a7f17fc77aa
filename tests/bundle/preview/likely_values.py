"""What a service that works says, and what went wrong of late: a course for each metric and each recorded series."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bundle.preview.courses import (
    DAY,
    HOUR,
    MINUTE,
    Course,
    around,
    exactly,
    falling,
    lately,
    moment,
    never,
    newest,
    rising,
)

from payment_catalog import external_metrics as external
from payment_catalog import fluentd_metrics as fluentd
from payment_catalog import http_metrics as http
from payment_catalog import kubernetes_metrics as kubernetes
from payment_catalog import prometheus_metrics as prometheus
from payment_catalog import runtime_metrics as runtime
from payment_catalog import service_metrics as service
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
from payment_catalog.metric import Metric, MetricType

#: A course, or one for each value of some label; what is not named there has the course of "".
Likely: TypeAlias = "Course | Mapping[str, Likely]"
MIB, GIB = 2**20, 2**30

_SUCCEEDS = exactly(1)
_SLOWLY = rising(0.002)

VALUES: Mapping[Metric | str, Likely] = {
    http.HTTP_REQUESTS: {"200": rising(20), "201": rising(12), "302": rising(1), "": rising(0.2)},
    http.HTTP_REQUESTS_IN_PROGRESS: around(6),
    runtime.ASYNCIO_TASKS: around(40),
    runtime.GC_PAUSE: rising(0.002),
    runtime.BUILD_INFO: {"1.4.0": lately(1, None, 30 * DAY, 35 * MINUTE), "1.4.1": lately(1, None, 35 * MINUTE)},
    service.PAYMENTS: {"succeeded": rising(2), "": rising(0.05)},
    service.BREAKER_STATE: lately(1, 0, 25 * MINUTE, 20 * MINUTE),
    service.GATEWAY_REQUESTS: {"accepted": rising(2), "": rising(0.02)},
    service.GATEWAY_CALLBACKS: {"applied": rising(1), "": rising(0.01)},
    service.UNRESOLVED_OPERATIONS: around(4),
    service.UNRESOLVED_OPERATIONS_AGE: around(240),
    service.READY: lately(0, 1, 25 * MINUTE, 24 * MINUTE),
    service.DEPENDENCY_UP: {"gateway": lately(0, 1, 25 * MINUTE, 20 * MINUTE), "": _SUCCEEDS},
    service.RATE_LIMIT_REQUESTS: {"allowed": rising(40), "": rising(0.5)},
    service.DB_CONNECTIONS: around(8),
    service.DB_CONNECTIONS_MAX: exactly(25),
    service.REDIS_CONNECTIONS: around(4),
    service.FAILED_AUTH: rising(0.1),
    service.SUSPICIOUS_API_CALLS: rising(0.02),
    business.PAYMENTS: {
        "succeeded": {"MYR": rising(0.2, DAY), "": rising(0.02, DAY)},
        "": rising(0.002, DAY),
    },
    business.REVENUE: {
        "MYR": rising(12_000, DAY),
        "IDR": rising(900_000, DAY),
        "JPY": rising(20_000, DAY),
        "": rising(3000, DAY),
    },
    business.CURRENCY_MINOR_UNITS: {"JPY": exactly(1), "": exactly(100)},
    business.FAILURES: {"declined": rising(0.02, DAY), "": rising(0.004, DAY)},
    business.REFUNDS: {"succeeded": rising(0.002, DAY), "": rising(0.0004, DAY)},
    business.REFUNDED: {"IDR": rising(9000, DAY), "": rising(30, DAY)},
    postgres.SIZE: around(40 * GIB, DAY),
    postgres.OLDEST_ATTEMPT: moment(80 * DAY),
    postgres.CONNECTIONS: {"active": around(12), "idle": around(30), "": around(2)},
    postgres.CONNECTIONS_LIMIT: exactly(100),
    postgres.LOCKS_WAITING: around(2),
    postgres.LONGEST_QUERY: around(1.5),
    postgres.LONGEST_TRANSACTION: around(12),
    postgres.SLOWEST_STATEMENT: around(0.3),
    postgres.SLOW_STATEMENTS: exactly(2),
    postgres.LONG_QUERIES: exactly(1),
    postgres.TABLE_SIZE: {"payments": around(20 * GIB), "": around(4 * GIB)},
    postgres.TABLE_LIVE_ROWS: {"refunds": exactly(40_000), "": exactly(12_000_000)},
    postgres.TABLE_DEAD_ROWS: {"refunds": exactly(21_000), "": exactly(300_000)},
    postgres.REPLICAS: exactly(1),
    postgres.REPLICATION_LAG: around(0.8),
    redis.PING: around(0.0008),
    redis.CONNECTED_CLIENTS: around(14),
    redis.BLOCKED_CLIENTS: exactly(1),
    redis.MEMORY_USED: around(180 * MIB),
    redis.MEMORY_MAX: exactly(512 * MIB),
    redis.COMMANDS: rising(900),
    redis.EXPIRED_KEYS: rising(6),
    redis.KEYSPACE_HITS: rising(500),
    redis.KEYSPACE_MISSES: rising(60),
    redis.START_TIME: moment(12 * DAY),
    host.CPU: {"idle": rising(2.6), "user": rising(0.9), "system": rising(0.3), "": rising(0.1)},
    host.MEMORY_TOTAL: exactly(16 * GIB),
    host.MEMORY_AVAILABLE: around(6 * GIB),
    host.DISK_SIZE: exactly(200 * GIB),
    host.DISK_AVAILABLE: {"/backups": falling(44 * GIB, 300_000), "": falling(90 * GIB, 20_000)},
    host.CGROUP_MEMORY: around(120 * MIB),
    host.CGROUP_MEMORY_LIMIT: exactly(256 * MIB),
    host.CGROUP_CPU_LIMIT: exactly(0.5),
    external.RESIDENT_MEMORY: around(150 * MIB, DAY),
    external.PROCESS_CPU: rising(0.2),
    external.START_TIME: moment(4 * DAY),
    external.OPEN_FILES: around(60, DAY),
    external.MOST_OPEN_FILES: exactly(1024),
    backup.LAST_TIMESTAMP: newest(10 * MINUTE, 90),
    backup.LAST_SIZE: around(300 * MIB, DAY),
    backup.FILES: exactly(28),
    backup.LAST_RUN_SUCCESS: lately(0, 1, 11 * HOUR, 5 * HOUR),
    backup.LAST_RUN_DURATION: around(80, DAY),
    backup.VERIFICATION_SUCCESS: _SUCCEEDS,
    backup.VERIFICATION_TIMESTAMP: newest(DAY, 2 * HOUR),
    backup.RESTORE_DURATION: around(900, DAY),
    backup.RECOVERY_TIME_OBJECTIVE: exactly(HOUR),
    failover.LAST_SUCCESS: _SUCCEEDS,
    failover.LAST_TIMESTAMP: moment(9 * DAY),
    failover.LAST_SUCCESS_TIMESTAMP: moment(9 * DAY),
    archive.LAST_SUCCESS: newest(DAY, 6 * HOUR),
    archive.LAST_RUN_FILES: {"archived": around(40, DAY), "failed": exactly(2), "": exactly(0)},
    archive.LAST_RUN_SENT: around(60 * MIB, DAY),
    archive.OLDEST_WAITING: moment(30 * HOUR),
    elasticsearch.LOG_LINES: {"error": around(40), "": around(9)},
    elasticsearch.NEWEST_LOG: newest(20, 4),
    elasticsearch.CLUSTER_STATUS: {
        "yellow": lately(1, 0, 30 * MINUTE, 12 * MINUTE),
        "green": lately(0, 1, 30 * MINUTE, 12 * MINUTE),
        "": exactly(0),
    },
    elasticsearch.NODES: exactly(3),
    elasticsearch.ACTIVE_SHARDS: exactly(24),
    elasticsearch.UNASSIGNED_SHARDS: lately(4, 0, 30 * MINUTE, 12 * MINUTE),
    elasticsearch.PENDING_TASKS: exactly(1),
    probe.SUCCESS: lately(0, 1, 25 * MINUTE, 22 * MINUTE),
    probe.DURATION: around(0.06),
    probe.TLS_EXPIRY: moment(-52 * DAY),
    operation.COLLECTOR_SUCCESS: {"elasticsearch": exactly(0), "": _SUCCEEDS},
    operation.COLLECTOR_DURATION: {"elasticsearch": around(2), "": around(0.03)},
    operation.COLLECTOR_LAST_SUCCESS: {"elasticsearch": moment(30 * MINUTE), "": newest(15)},
    operation.CONFIG_RELOAD_SUCCESS: _SUCCEEDS,
    external.UP: _SUCCEEDS,
    prometheus.SCRAPE_DURATION: around(0.04),
    prometheus.CONFIG_RELOADED: _SUCCEEDS,
    prometheus.RULE_DURATION: around(0.05),
    prometheus.RULE_INTERVAL: exactly(15),
    prometheus.ALERTMANAGERS_DISCOVERED: exactly(1),
    prometheus.ALERTMANAGER_CONFIG_RELOADED: _SUCCEEDS,
    prometheus.ALERTMANAGER_CONFIG_HASH: exactly(7),
    prometheus.MESSAGES: rising(0.02),
    prometheus.MESSAGES_FAILED: {"email": rising(0.002), "": exactly(0)},
    prometheus.RULE_FAILURES: {"payment-logs": rising(0.0001), "": exactly(0)},
    prometheus.CLUSTER_MEMBERS: exactly(1),
    kubernetes.RESTARTS: rising(0.001),
    kubernetes.WAITING_REASON: {kubernetes.CRASH_LOOP: {"payment-service-1": _SUCCEEDS, "": never()}, "": never()},
    kubernetes.LAST_TERMINATED_REASON: {
        kubernetes.OUT_OF_MEMORY: {"payment-service-1": _SUCCEEDS, "": never()},
        "": never(),
    },
    kubernetes.POD_PHASE: {"Running": _SUCCEEDS, "": exactly(0)},
    kubernetes.POD_READY: {
        "true": {"payment-service-1": lately(0, 1, 10 * MINUTE), "": _SUCCEEDS},
        "": exactly(0),
    },
    kubernetes.REPLICAS_WANTED: exactly(2),
    kubernetes.REPLICAS_UPDATED: exactly(2),
    kubernetes.REPLICAS_AVAILABLE: lately(1, 2, 10 * MINUTE),
    kubernetes.DEPLOYMENT_CONDITION: {
        "payment-service": {"false": lately(1, 0, 10 * MINUTE), "": exactly(0)},
        "": exactly(0),
    },
    kubernetes.CRON_JOB_CREATED: moment(52 * DAY),
    kubernetes.CRON_JOB_LAST_SUCCESS: newest(DAY, 6 * HOUR),
    kubernetes.QUOTA: {"hard": exactly(8 * GIB), "used": around(5 * GIB)},
    kubernetes.MEMORY_WORKING_SET: around(200 * MIB),
    kubernetes.MEMORY_LIMIT: exactly(512 * MIB),
    kubernetes.CPU_PERIODS: rising(10),
    kubernetes.CPU_THROTTLED_PERIODS: rising(0.4),
    fluentd.BUFFER_AVAILABLE: around(78),
    fluentd.BUFFER_BYTES: around(40 * MIB),
    fluentd.BUFFER_OLDEST: newest(HOUR, 10 * MINUTE),
    fluentd.EMITTED: rising(45),
    fluentd.TAIL_POSITION: rising(22_000),
    fluentd.RETRIES: {fluentd.ARCHIVE_OUTPUT: rising(0.01), "": exactly(0)},
}
_BY_NAME = {str(metric): likely for metric, likely in VALUES.items()}

#: Events a second of a histogram, and where its middle is, in its unit.
HISTOGRAMS: Mapping[str, tuple[float, float]] = {
    "http": (16, 0.06),
    "fiuu": (2, 0.18),
    "asyncio": (20, 0.002),
}

#: For recorded series by parts of their names, the first that matches.
RECORDED: tuple[tuple[str, Likely], ...] = (
    (":error_budget_remaining", falling(0.55, 4e-7)),
    ("slo_success_errors:", around(0.12, DAY)),
    ("slo_.*_errors:", around(0.2, DAY)),
    ("slo_success_events:", around(4, DAY)),
    ("slo_.*_events:", around(64, DAY)),
    (":ratio30m_usual", around(0.04, DAY)),
    (":ratio30m", around(0.05, 3 * HOUR)),
    ("revenue.*usual", {"MYR": around(4.4e7, DAY), "IDR": around(3.1e9, DAY), "": around(1e7, DAY)}),
    ("revenue.*increase1h", {"MYR": around(4e7, DAY), "IDR": around(3e9, DAY), "": around(1e7, DAY)}),
    ("payments_failed:increase30m", around(24, DAY)),
    ("payments_succeeded:increase.*usual", around(900, DAY)),
    ("payments_succeeded:increase.*before", {"1": around(960, DAY), "2": around(900, DAY), "": around(760, DAY)}),
    ("payments_succeeded:increase", around(830, DAY)),
    ("payments_succeeded:rate", around(3.9, DAY)),
    ("payments:rate", around(4, DAY)),
    ("refunds:rate", around(0.05, DAY)),
    ("requests_5xx:rate", around(0.3)),
    ("code:http_requests:rate", {"500": around(0.2), "404": around(0.4), "302": around(1), "": around(16)}),
    ("http_requests:rate", around(64, DAY)),
    ("cpu_seconds_idle:rate", around(2.6)),
    ("cpu_seconds:rate", exactly(4)),
    ("log_lines:rate", {"error": around(0.95), "": around(0.03)}),
    ("network_bytes:rate", {"receive": around(3e6), "": around(1.2e6)}),
)


def course_of(metric: Metric, labels: Mapping[str, str]) -> Course:
    """Return what a series of ``metric`` is like, if that is no histogram."""
    otherwise = _SLOWLY if metric.type in {MetricType.COUNTER, MetricType.UNKNOWN} else exactly(0)
    return _chosen(_BY_NAME.get(metric.name, otherwise), labels, otherwise)


def recorded_course(name: str, labels: Mapping[str, str]) -> Course:
    """Return what a recorded series is like; raises StopIteration for an unknown one."""
    if "_bucket" in name:
        return bucket_course(name, labels["le"], around)
    likely = next(likely for part, likely in RECORDED if re.search(part, name))
    return _chosen(likely, labels, exactly(0))


def bucket_course(name: str, bound: str, make: Callable[[float], Course]) -> Course:
    """Return the course of what a histogram counts up to ``bound``."""
    speed, middle = next(found for part, found in HISTOGRAMS.items() if part in name)
    return make(speed / (1 + (middle / float(bound)) ** 2))


def _chosen(likely: Likely, labels: Mapping[str, str], otherwise: Course) -> Course:
    while isinstance(likely, Mapping):
        known = likely
        named = next((value for value in labels.values() if value in known), "")
        likely = known.get(named, otherwise)
    return likely
