"""Redis as it reports on itself, under the names that redis_exporter has made usual."""

from __future__ import annotations

from payment_catalog.metric import Metric, MetricType
from payment_catalog.publishers import EXPORTER

PING = Metric(
    "redis_ping_duration_seconds",
    MetricType.GAUGE,
    "How long Redis took to answer a PING.",
    EXPORTER,
)
CONNECTED_CLIENTS = Metric(
    "redis_connected_clients", MetricType.GAUGE, "Connections of clients, without those of replicas.", EXPORTER
)
BLOCKED_CLIENTS = Metric(
    "redis_blocked_clients", MetricType.GAUGE, "Clients that wait in a blocking command.", EXPORTER
)
MAX_CLIENTS = Metric("redis_max_clients", MetricType.GAUGE, "Connections that Redis accepts.", EXPORTER)
MEMORY_USED = Metric("redis_memory_used_bytes", MetricType.GAUGE, "Memory that Redis has allocated.", EXPORTER)
MEMORY_MAX = Metric(
    "redis_memory_max_bytes", MetricType.GAUGE, "Memory that Redis may use (maxmemory); 0 means no limit.", EXPORTER
)
COMMANDS = Metric("redis_commands_processed_total", MetricType.COUNTER, "Commands that Redis has processed.", EXPORTER)
REJECTED_CONNECTIONS = Metric(
    "redis_rejected_connections_total", MetricType.COUNTER, "Connections refused because of maxclients.", EXPORTER
)
EVICTED_KEYS = Metric("redis_evicted_keys_total", MetricType.COUNTER, "Keys evicted because of maxmemory.", EXPORTER)
EXPIRED_KEYS = Metric("redis_expired_keys_total", MetricType.COUNTER, "Keys that have expired.", EXPORTER)
KEYSPACE_HITS = Metric("redis_keyspace_hits_total", MetricType.COUNTER, "Look-ups that found their key.", EXPORTER)
KEYSPACE_MISSES = Metric(
    "redis_keyspace_misses_total", MetricType.COUNTER, "Look-ups that did not find their key.", EXPORTER
)
START_TIME = Metric("redis_start_time_seconds", MetricType.GAUGE, "When Redis was started, as Unix time.", EXPORTER)

METRICS: tuple[Metric, ...] = (
    PING,
    CONNECTED_CLIENTS,
    BLOCKED_CLIENTS,
    MAX_CLIENTS,
    MEMORY_USED,
    MEMORY_MAX,
    COMMANDS,
    REJECTED_CONNECTIONS,
    EVICTED_KEYS,
    EXPIRED_KEYS,
    KEYSPACE_HITS,
    KEYSPACE_MISSES,
    START_TIME,
)
