"""Metrics that the payment service publishes on ``/metrics``.

Names that the runbook greps for are kept to the letter: ``fiuu_circuit_breaker_state``,
``rate_limit…``, ``http_request_duration_seconds``, ``db_connections…``, ``goroutines``,
``security_events…``, ``failed_auth_total`` and ``suspicious_api_calls``.
"""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.vocabulary import (
    ConnectionState,
    FailureReason,
    GatewayOperation,
    GatewayOutcome,
    PaymentMethod,
    PaymentStatus,
    RateLimitOutcome,
    RefundStatus,
    SecurityEvent,
    values,
)

PUBLISHER = "payment-service"

UNMATCHED_ROUTE = "unmatched"
OTHER_METHOD = "OTHER"
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER_METHOD)

#: Seconds. Holds the runbook's limits of 0.2 and 0.5 exactly, so that a quantile near them is not interpolated.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)

METHOD = Label("method", HTTP_METHODS)
ROUTE = Label("route", bound=f"the application's route templates, and '{UNMATCHED_ROUTE}'")
CODE = Label("code", bound="the HTTP status codes that the application sends")
PAYMENT_METHOD = Label("method", values(PaymentMethod))
OPERATION = Label("operation", values(GatewayOperation))
CONNECTION_STATE = Label("state", values(ConnectionState))

HTTP_REQUESTS = Metric(
    "http_requests_total",
    MetricType.COUNTER,
    "Finished HTTP requests.",
    PUBLISHER,
    (METHOD, ROUTE, CODE),
)
HTTP_REQUEST_DURATION = Metric(
    "http_request_duration_seconds",
    MetricType.HISTOGRAM,
    "Time from the first byte of a request to the last byte of its response.",
    PUBLISHER,
    (METHOD, ROUTE),
    buckets=LATENCY_BUCKETS,
)
HTTP_REQUESTS_IN_PROGRESS = Metric(
    "http_requests_in_progress",
    MetricType.GAUGE,
    "HTTP requests that are being served now.",
    PUBLISHER,
)
PAYMENTS = Metric(
    "payments_total",
    MetricType.COUNTER,
    "Payments that reached a final status.",
    PUBLISHER,
    (PAYMENT_METHOD, Label("status", (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED))),
)
PAYMENT_FAILURES = Metric(
    "payment_failures_total",
    MetricType.COUNTER,
    "Failed payments by reason.",
    PUBLISHER,
    (Label("reason", values(FailureReason)),),
)
REFUNDS = Metric(
    "refunds_total",
    MetricType.COUNTER,
    "Refunds that reached a final status.",
    PUBLISHER,
    (Label("status", (RefundStatus.SUCCEEDED, RefundStatus.FAILED)),),
)
BREAKER_STATE = Metric(
    "fiuu_circuit_breaker_state",
    MetricType.GAUGE,
    "Circuit breaker before the Fiuu API: 0 closed, 1 open, 2 half-open.",
    PUBLISHER,
)
GATEWAY_REQUESTS = Metric(
    "fiuu_requests_total",
    MetricType.COUNTER,
    "Requests to the Fiuu API by how they ended.",
    PUBLISHER,
    (OPERATION, Label("outcome", values(GatewayOutcome))),
)
GATEWAY_REQUEST_DURATION = Metric(
    "fiuu_request_duration_seconds",
    MetricType.HISTOGRAM,
    "Duration of requests that were sent to the Fiuu API.",
    PUBLISHER,
    (OPERATION,),
    buckets=LATENCY_BUCKETS,
)
RATE_LIMIT_REQUESTS = Metric(
    "rate_limit_requests_total",
    MetricType.COUNTER,
    "Decisions of the rate limiter.",
    PUBLISHER,
    (Label("outcome", values(RateLimitOutcome)),),
)
DB_CONNECTIONS = Metric(
    "db_connections",
    MetricType.GAUGE,
    "Connections of the service's database pool by state.",
    PUBLISHER,
    (CONNECTION_STATE,),
)
DB_CONNECTIONS_MAX = Metric(
    "db_connections_max",
    MetricType.GAUGE,
    "Most connections that the database pool opens (DB_MAX_CONNECTIONS).",
    PUBLISHER,
)
REDIS_CONNECTIONS = Metric(
    "redis_connections",
    MetricType.GAUGE,
    "Connections of the service's Redis pool by state.",
    PUBLISHER,
    (CONNECTION_STATE,),
    conditional="Published when REDIS_HOST is set; without Redis the limiter counts in memory.",
)
FAILED_AUTH = Metric(
    "failed_auth_total",
    MetricType.COUNTER,
    "Requests whose credentials were missing, malformed or unknown.",
    PUBLISHER,
)
SUSPICIOUS_API_CALLS = Metric(
    "suspicious_api_calls",
    MetricType.UNKNOWN,
    "Requests that look like an attack; a counter whose name the runbook fixes without _total.",
    PUBLISHER,
)
SECURITY_EVENTS = Metric(
    "security_events_total",
    MetricType.COUNTER,
    "Security events by type.",
    PUBLISHER,
    (Label("type", values(SecurityEvent)),),
)
ASYNCIO_TASKS = Metric(
    "asyncio_goroutines",
    MetricType.GAUGE,
    "Live asyncio tasks, Python's counterpart of the goroutines that the runbook looks for.",
    PUBLISHER,
)
BUILD_INFO = Metric(
    "payment_service_build_info",
    MetricType.GAUGE,
    "Always 1; the labels name what runs.",
    PUBLISHER,
    (Label("version", bound="one value a process"), Label("python", bound="one value a process")),
)

SERVICE_METRICS: tuple[Metric, ...] = (
    HTTP_REQUESTS,
    HTTP_REQUEST_DURATION,
    HTTP_REQUESTS_IN_PROGRESS,
    PAYMENTS,
    PAYMENT_FAILURES,
    REFUNDS,
    BREAKER_STATE,
    GATEWAY_REQUESTS,
    GATEWAY_REQUEST_DURATION,
    RATE_LIMIT_REQUESTS,
    DB_CONNECTIONS,
    DB_CONNECTIONS_MAX,
    REDIS_CONNECTIONS,
    FAILED_AUTH,
    SUSPICIOUS_API_CALLS,
    SECURITY_EVENTS,
    ASYNCIO_TASKS,
    BUILD_INFO,
)
