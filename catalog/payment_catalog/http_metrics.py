"""Metrics of HTTP requests, for any application that the instrumentation is put into."""

from __future__ import annotations

from http import HTTPStatus

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import SERVICE

UNMATCHED_ROUTE = "unmatched"
OTHER_METHOD = "OTHER"
OTHER_CODE = "OTHER"
#: nginx's code for a client that went away before the response began; no server sends it.
CLIENT_CLOSED_REQUEST = 499
#: Codes, as a pattern, that are no fault of the caller's: the limiter's answer, and who went away was waiting for us.
NOT_REFUSED = f"{HTTPStatus.TOO_MANY_REQUESTS.value}|{CLIENT_CLOSED_REQUEST}"
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER_METHOD)

#: Seconds. Holds the runbook's limits of 0.2 and 0.5 exactly, so that a quantile near them is not interpolated.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
#: Bytes.
SIZE_BUCKETS = (100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0)

METHOD = Label("method", HTTP_METHODS)
ROUTE = Label("route", bound=f"the application's route templates, and '{UNMATCHED_ROUTE}'")
CODE = Label(
    "code",
    bound=f"the HTTP status codes that the application sends, {CLIENT_CLOSED_REQUEST} where the client went away "
    f"before, and '{OTHER_CODE}' for what is not within 100 to 599",
)

HTTP_REQUESTS = Metric(
    "http_requests_total",
    MetricType.COUNTER,
    "Finished HTTP requests.",
    SERVICE,
    (METHOD, ROUTE, CODE),
)
HTTP_REQUEST_DURATION = Metric(
    "http_request_duration_seconds",
    MetricType.HISTOGRAM,
    "Time from the first byte of a request to the last byte of its response.",
    SERVICE,
    (METHOD, ROUTE),
    buckets=LATENCY_BUCKETS,
)
HTTP_REQUEST_SIZE = Metric(
    "http_request_size_bytes",
    MetricType.HISTOGRAM,
    "Bytes of a request's body that the application read.",
    SERVICE,
    (METHOD, ROUTE),
    buckets=SIZE_BUCKETS,
)
HTTP_RESPONSE_SIZE = Metric(
    "http_response_size_bytes",
    MetricType.HISTOGRAM,
    "Bytes of a response's body that the application sent.",
    SERVICE,
    (METHOD, ROUTE),
    buckets=SIZE_BUCKETS,
)
HTTP_REQUESTS_IN_PROGRESS = Metric(
    "http_requests_in_progress",
    MetricType.GAUGE,
    "HTTP requests that are being served now.",
    SERVICE,
)

HTTP_METRICS: tuple[Metric, ...] = (
    HTTP_REQUESTS,
    HTTP_REQUEST_DURATION,
    HTTP_REQUEST_SIZE,
    HTTP_RESPONSE_SIZE,
    HTTP_REQUESTS_IN_PROGRESS,
)
