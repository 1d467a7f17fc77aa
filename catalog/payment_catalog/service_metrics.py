"""Metrics that the payment service publishes on ``/metrics``.

Names that the runbook greps for are kept to the letter: ``fiuu_circuit_breaker_state``,
``rate_limit…``, ``http_request_duration_seconds``, ``db_connections…``, ``goroutines``,
``security_events…``, ``failed_auth_total`` and ``suspicious_api_calls``.
"""

from __future__ import annotations

from payment_catalog.http_metrics import HTTP_METRICS, LATENCY_BUCKETS
from payment_catalog.metric import Label, Metric, MetricType, WorkerAggregation
from payment_catalog.publishers import SERVICE
from payment_catalog.runtime_metrics import RUNTIME_METRICS
from payment_catalog.vocabulary import (
    CallbackResult,
    ConnectionState,
    Dependency,
    FailureReason,
    GatewayOperation,
    GatewayOutcome,
    PaymentMethod,
    PaymentStatus,
    RateLimitOutcome,
    ReconciliationResult,
    RefundStatus,
    SecurityEvent,
    values,
)

PAYMENT_METHOD = Label("method", values(PaymentMethod))
OPERATION = Label("operation", values(GatewayOperation))
CONNECTION_STATE = Label("state", values(ConnectionState))

PAYMENTS = Metric(
    "payments_total",
    MetricType.COUNTER,
    "Payments that reached a final status; an assumed failure that proves to be a charge counts again.",
    SERVICE,
    (PAYMENT_METHOD, Label("status", (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED))),
)
PAYMENTS_REPEATED = Metric(
    "payments_repeated_total",
    MetricType.COUNTER,
    "Requests for a payment with a known Idempotency-Key that were answered with the payment that the first one made.",
    SERVICE,
)
PAYMENT_FAILURES = Metric(
    "payment_failures_total",
    MetricType.COUNTER,
    "Failed payments by reason.",
    SERVICE,
    (Label("reason", values(FailureReason)),),
)
REFUNDS = Metric(
    "refunds_total",
    MetricType.COUNTER,
    "Refunds that reached a final status.",
    SERVICE,
    (Label("status", (RefundStatus.SUCCEEDED, RefundStatus.FAILED)),),
)
BREAKER_STATE = Metric(
    "fiuu_circuit_breaker_state",
    MetricType.GAUGE,
    "Circuit breaker before the Fiuu API: 0 closed, 1 open, 2 half-open.",
    SERVICE,
    workers=WorkerAggregation.MAX,
)
GATEWAY_REQUESTS = Metric(
    "fiuu_requests_total",
    MetricType.COUNTER,
    "Requests to the Fiuu API by how they ended.",
    SERVICE,
    (OPERATION, Label("outcome", values(GatewayOutcome))),
)
GATEWAY_REQUEST_DURATION = Metric(
    "fiuu_request_duration_seconds",
    MetricType.HISTOGRAM,
    "Duration of requests that were sent to the Fiuu API.",
    SERVICE,
    (OPERATION,),
    buckets=LATENCY_BUCKETS,
)
GATEWAY_RETRIES = Metric(
    "fiuu_retries_total",
    MetricType.COUNTER,
    "Requests to the Fiuu API that were sent again, because it was safe.",
    SERVICE,
    (OPERATION,),
)
GATEWAY_CALLBACKS = Metric(
    "fiuu_callbacks_total",
    MetricType.COUNTER,
    "Callbacks of the Fiuu API by what became of them.",
    SERVICE,
    (Label("result", values(CallbackResult)),),
)
RECONCILIATIONS = Metric(
    "payment_reconciliations_total",
    MetricType.COUNTER,
    "Questions to the gateway about operations whose outcome was unknown, by what they brought.",
    SERVICE,
    (Label("result", values(ReconciliationResult)),),
)
UNRESOLVED_OPERATIONS = Metric(
    "payment_operations_unresolved",
    MetricType.GAUGE,
    "Operations at the gateway whose outcome is not known, those under way included.",
    SERVICE,
    workers=WorkerAggregation.MAX,
)
UNRESOLVED_OPERATIONS_AGE = Metric(
    "payment_operations_unresolved_age_seconds",
    MetricType.GAUGE,
    "Age of the oldest operation whose outcome is not known; 0 when there is none.",
    SERVICE,
    workers=WorkerAggregation.MAX,
)
READY = Metric(
    "payment_service_ready",
    MetricType.GAUGE,
    "1 when /ready answers 200, else 0.",
    SERVICE,
    workers=WorkerAggregation.MIN,
)
DEPENDENCY_UP = Metric(
    "payment_service_dependency_up",
    MetricType.GAUGE,
    "1 when the dependency answered its last check, else 0.",
    SERVICE,
    (Label("dependency", values(Dependency)),),
    conditional="redis is published when REDIS_HOST is set.",
    workers=WorkerAggregation.MIN,
)
RATE_LIMIT_REQUESTS = Metric(
    "rate_limit_requests_total",
    MetricType.COUNTER,
    "Decisions of the rate limiter; unchecked ones were made without its storage.",
    SERVICE,
    (Label("outcome", values(RateLimitOutcome)),),
)
DB_CONNECTIONS = Metric(
    "db_connections",
    MetricType.GAUGE,
    "Connections of the service's database pool by state.",
    SERVICE,
    (CONNECTION_STATE,),
)
DB_CONNECTIONS_MAX = Metric(
    "db_connections_max",
    MetricType.GAUGE,
    "Most connections that the database pool opens (DB_MAX_CONNECTIONS).",
    SERVICE,
)
REDIS_CONNECTIONS = Metric(
    "redis_connections",
    MetricType.GAUGE,
    "Connections of the service's Redis pool by state.",
    SERVICE,
    (CONNECTION_STATE,),
    conditional="Published when REDIS_HOST is set; without Redis the limiter counts in memory.",
)
FAILED_AUTH = Metric(
    "failed_auth_total",
    MetricType.COUNTER,
    "Requests whose credentials were missing, malformed or unknown.",
    SERVICE,
)
SUSPICIOUS_API_CALLS = Metric(
    "suspicious_api_calls",
    MetricType.UNKNOWN,
    "Requests that look like an attack; a counter whose name the runbook fixes without _total.",
    SERVICE,
)
SECURITY_EVENTS = Metric(
    "security_events_total",
    MetricType.COUNTER,
    "Security events by type.",
    SERVICE,
    (Label("type", values(SecurityEvent)),),
)

SERVICE_METRICS: tuple[Metric, ...] = (
    *HTTP_METRICS,
    *RUNTIME_METRICS,
    PAYMENTS,
    PAYMENTS_REPEATED,
    PAYMENT_FAILURES,
    REFUNDS,
    BREAKER_STATE,
    GATEWAY_REQUESTS,
    GATEWAY_REQUEST_DURATION,
    GATEWAY_RETRIES,
    GATEWAY_CALLBACKS,
    RECONCILIATIONS,
    UNRESOLVED_OPERATIONS,
    UNRESOLVED_OPERATIONS_AGE,
    READY,
    DEPENDENCY_UP,
    RATE_LIMIT_REQUESTS,
    DB_CONNECTIONS,
    DB_CONNECTIONS_MAX,
    REDIS_CONNECTIONS,
    FAILED_AUTH,
    SUSPICIOUS_API_CALLS,
    SECURITY_EVENTS,
)
