"""The payment database as its server sees it."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.thresholds import THRESHOLDS, ThresholdKey
from payment_catalog.vocabulary import DatabaseConnectionState, DatabaseTable, values

POSTGRESQL_ONLY = "Published for PostgreSQL; SQLite has no server."
NEEDS_STATEMENTS = f"{POSTGRESQL_ONLY} Needs the extension pg_stat_statements."

TABLE = Label("table", values(DatabaseTable))

#: Seconds of mean execution time from which the runbook calls a statement slow.
SLOW_STATEMENT_SECONDS = THRESHOLDS[ThresholdKey.SLOW_STATEMENT].warning or 1.0
#: Seconds after which the runbook looks at a statement that still runs.
LONG_STATEMENT_SECONDS = THRESHOLDS[ThresholdKey.LONG_QUERY].warning or 60.0

SIZE = Metric(
    "database_size_bytes",
    MetricType.GAUGE,
    "Size of the payment database on disk.",
    EXPORTER,
)
OLDEST_ATTEMPT = Metric(
    "database_oldest_payment_attempt_timestamp_seconds",
    MetricType.GAUGE,
    "When the oldest row of payment_attempts was created, as Unix time.",
    EXPORTER,
    conditional="Published when payment_attempts has a row.",
)
CONNECTIONS = Metric(
    "database_connections",
    MetricType.GAUGE,
    "Connections of clients to the payment database by their state, the exporter's own left out.",
    EXPORTER,
    (Label("state", values(DatabaseConnectionState)),),
    conditional=POSTGRESQL_ONLY,
)
CONNECTIONS_LIMIT = Metric(
    "database_connections_limit",
    MetricType.GAUGE,
    "Connections that the server accepts (max_connections), those reserved for superusers left out.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
LOCKS_WAITING = Metric(
    "database_locks_waiting",
    MetricType.GAUGE,
    "Locks that are asked for and not granted.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
LONGEST_QUERY = Metric(
    "database_longest_query_seconds",
    MetricType.GAUGE,
    "Age of the oldest statement that runs now; 0 when none runs.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
LONGEST_TRANSACTION = Metric(
    "database_longest_transaction_seconds",
    MetricType.GAUGE,
    "Age of the oldest open transaction, idle ones included; 0 when none is open.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
LONG_QUERIES = Metric(
    "database_long_queries",
    MetricType.GAUGE,
    f"Statements that have been running for more than {LONG_STATEMENT_SECONDS:g} s.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
SLOWEST_STATEMENT = Metric(
    "database_slowest_statement_mean_seconds",
    MetricType.GAUGE,
    "Largest mean execution time among the statements of pg_stat_statements.",
    EXPORTER,
    conditional=NEEDS_STATEMENTS,
)
SLOW_STATEMENTS = Metric(
    "database_slow_statements",
    MetricType.GAUGE,
    f"Statements of pg_stat_statements whose mean execution time is above {SLOW_STATEMENT_SECONDS:g} s.",
    EXPORTER,
    conditional=NEEDS_STATEMENTS,
)
DEADLOCKS = Metric(
    "database_deadlocks_total",
    MetricType.COUNTER,
    "Deadlocks that the server has found in the payment database.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
TABLE_SIZE = Metric(
    "database_table_size_bytes",
    MetricType.GAUGE,
    "Size of a table on disk with its indexes and its TOAST data.",
    EXPORTER,
    (TABLE,),
    conditional=POSTGRESQL_ONLY,
)
TABLE_LIVE_ROWS = Metric(
    "database_table_live_rows",
    MetricType.GAUGE,
    "Rows of a table, as the server estimates them.",
    EXPORTER,
    (TABLE,),
    conditional=POSTGRESQL_ONLY,
)
TABLE_DEAD_ROWS = Metric(
    "database_table_dead_rows",
    MetricType.GAUGE,
    "Dead rows of a table that are not vacuumed yet, as the server estimates them.",
    EXPORTER,
    (TABLE,),
    conditional=POSTGRESQL_ONLY,
)
REPLICAS = Metric(
    "database_replicas",
    MetricType.GAUGE,
    "Standby servers that stream from this server now.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
REPLICATION_LAG = Metric(
    "database_replication_lag_seconds",
    MetricType.GAUGE,
    "How far the slowest standby is behind in replaying; on a standby, how far it is behind itself; 0 without one.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)

METRICS: tuple[Metric, ...] = (
    SIZE,
    OLDEST_ATTEMPT,
    CONNECTIONS,
    CONNECTIONS_LIMIT,
    LOCKS_WAITING,
    LONGEST_QUERY,
    LONGEST_TRANSACTION,
    LONG_QUERIES,
    SLOWEST_STATEMENT,
    SLOW_STATEMENTS,
    DEADLOCKS,
    TABLE_SIZE,
    TABLE_LIVE_ROWS,
    TABLE_DEAD_ROWS,
    REPLICAS,
    REPLICATION_LAG,
)
