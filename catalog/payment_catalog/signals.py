"""The runbook's key metrics as PromQL: what dashboards draw and alerts compare, written once.

A signal reads from recording rules where an expression is shared or costs more than a selector.
Numerator and denominator are recorded apart, so that nobody averages ratios.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import http_metrics
from payment_catalog import service_metrics as service
from payment_catalog.exporter_metrics import business, host
from payment_catalog.promql import quote
from payment_catalog.signal import Query, RecordingRule, Section, Signal
from payment_catalog.thresholds import ThresholdKey, Unit
from payment_catalog.vocabulary import CpuMode, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_catalog.settings import Settings

#: Labels by which everything about a service as a whole is summed.
JOB = "environment, namespace, job"
INSTANCE = f"{JOB}, instance"

#: Holds four scrapes of up to 75 s.
WINDOW = "5m"
#: Refunds are rare and revenue is stated per hour.
BUSINESS_WINDOW = "1h"


def signals(settings: Settings) -> tuple[Signal, ...]:
    """Return every key metric of the runbook, in its order."""
    return (
        payment_success_ratio(settings),
        api_latency_p95(settings),
        error_ratio(settings),
        circuit_breaker_state(settings),
        active_connections(settings),
        revenue_per_hour(settings),
        payment_methods(settings),
        failed_transactions(settings),
        refund_ratio(settings),
        cpu_usage(settings),
        memory_usage(settings),
        disk_usage(settings),
        network_throughput(settings),
    )


def service_job(settings: Settings) -> str:
    """Return the matcher of everything that the service publishes."""
    return f"job={quote(settings.service)}"


def exporter_job(settings: Settings) -> str:
    """Return the matcher of everything that the exporter publishes."""
    return f"job={quote(settings.exporter)}"


def business_change(
    settings: Settings, function: str, metric: Metric, status: str = "", window: str = BUSINESS_WINDOW
) -> str:
    """Return how much a business counter rose over the window, by all of its labels.

    It is the database's, whichever exporter reads it: of several exporters, one counts.
    """
    matchers = exporter_job(settings) + (f", status={quote(status)}" if status else "")
    by = ", ".join((JOB, *metric.label_names))
    return f"max by ({by}) ({function}({metric}{{{matchers}}}[{window}]))"


def payment_success_ratio(settings: Settings) -> Signal:
    """Succeeded payments among those that reached a final status."""
    job = service_job(settings)
    finished = RecordingRule(
        f"job:payments:rate{WINDOW}", f"sum by ({JOB}) (rate({service.PAYMENTS}{{{job}}}[{WINDOW}]))"
    )
    succeeded = RecordingRule(
        f"job:payments_succeeded:rate{WINDOW}",
        f"sum by ({JOB}) (rate({service.PAYMENTS}{{{job}, status={quote(PaymentStatus.SUCCEEDED)}}}[{WINDOW}]))",
    )
    return Signal(
        "payment_success_ratio",
        "Payment success rate",
        "Share of payments that succeeded, among those that reached a final status in the last 5 minutes.",
        Section.APPLICATION,
        Unit.RATIO,
        (Query(f"{succeeded} / ({finished} > 0)", "{{environment}}"),),
        (finished, succeeded),
        settings.threshold(ThresholdKey.PAYMENT_SUCCESS_RATIO),
    )


def api_latency_p95(settings: Settings) -> Signal:
    """95th percentile of the time to answer a request."""
    buckets = RecordingRule(
        f"job_le:http_request_duration_seconds_bucket:rate{WINDOW}",
        f"sum by ({JOB}, le) (rate({http_metrics.HTTP_REQUEST_DURATION.bucket}{{{service_job(settings)}}}[{WINDOW}]))",
    )
    return Signal(
        "api_latency_p95",
        "API response time (p95)",
        "95 of 100 requests of the last 5 minutes were answered within this time.",
        Section.APPLICATION,
        Unit.SECONDS,
        (
            Query(f"histogram_quantile(0.95, {buckets})", "{{environment}} p95"),
            Query(f"histogram_quantile(0.5, {buckets})", "{{environment}} p50"),
        ),
        (buckets,),
        settings.threshold(ThresholdKey.API_LATENCY_P95),
    )


def error_ratio(settings: Settings) -> Signal:
    """Requests answered with a server error."""
    job = service_job(settings)
    requests = RecordingRule(
        f"job:http_requests:rate{WINDOW}",
        f"sum by ({JOB}) (rate({http_metrics.HTTP_REQUESTS}{{{job}}}[{WINDOW}]))",
    )
    errors = RecordingRule(
        f"job:http_requests_5xx:rate{WINDOW}",
        f'sum by ({JOB}) (rate({http_metrics.HTTP_REQUESTS}{{{job}, code=~"5.."}}[{WINDOW}])) or {requests} * 0',
    )
    return Signal(
        "error_ratio",
        "Error rate",
        "Share of requests of the last 5 minutes that were answered with a 5xx status.",
        Section.APPLICATION,
        Unit.RATIO,
        (Query(f"{errors} / ({requests} > 0)", "{{environment}}"),),
        (requests, errors),
        settings.threshold(ThresholdKey.ERROR_RATIO),
    )


def circuit_breaker_state(settings: Settings) -> Signal:
    """State of the worst circuit breaker."""
    return Signal(
        "circuit_breaker_state",
        "Circuit breaker state",
        "The breaker before the Fiuu API: 0 closed, 1 open, 2 half-open; the largest of all instances.",
        Section.APPLICATION,
        Unit.STATE,
        (Query(f"max by ({JOB}) ({service.BREAKER_STATE}{{{service_job(settings)}}})", "{{environment}}"),),
        (),
        settings.threshold(ThresholdKey.CIRCUIT_BREAKER_STATE),
    )


def active_connections(settings: Settings) -> Signal:
    """Connections of the service to its database and to Redis."""
    job = service_job(settings)
    return Signal(
        "active_connections",
        "Active connections",
        "Connections of the service's pools to its database and to Redis, and the most that the database pool opens.",
        Section.APPLICATION,
        Unit.COUNT,
        (
            Query(f"sum by (state) ({service.DB_CONNECTIONS}{{{job}}})", "database {{state}}"),
            Query(f"sum by (job) ({service.DB_CONNECTIONS_MAX}{{{job}}})", "database maximum"),
            Query(f"sum by (state) ({service.REDIS_CONNECTIONS}{{{job}}})", "Redis {{state}}"),
        ),
    )


def revenue_per_hour(settings: Settings) -> Signal:
    """Amount of succeeded payments in the last hour, in units of each currency."""
    return Signal(
        "revenue_per_hour",
        "Revenue per hour",
        "Amount of the payments that succeeded in the last hour, by currency.",
        Section.BUSINESS,
        Unit.CURRENCY,
        (
            Query(
                f"sum by (currency) ({business_change(settings, 'increase', business.REVENUE)})"
                f" / max by (currency) ({business.CURRENCY_MINOR_UNITS}{{{exporter_job(settings)}}})",
                "{{currency}}",
            ),
        ),
    )


def payment_methods(settings: Settings) -> Signal:
    """Payments by method."""
    return Signal(
        "payment_methods",
        "Top payment methods",
        "Payments of the last hour by the method that the customer chose.",
        Section.BUSINESS,
        Unit.COUNT,
        (
            Query(
                f"sum by (method) ({business_change(settings, 'increase', business.PAYMENTS)})",
                "{{method}}",
            ),
        ),
    )


def failed_transactions(settings: Settings) -> Signal:
    """Failed payments by reason."""
    return Signal(
        "failed_transactions",
        "Failed transactions",
        "Payments of the last hour that failed, by reason.",
        Section.BUSINESS,
        Unit.COUNT,
        (
            Query(
                f"sum by (reason) ({business_change(settings, 'increase', business.FAILURES)})",
                "{{reason}}",
            ),
        ),
    )


def refund_ratio(settings: Settings) -> Signal:
    """Succeeded refunds for each succeeded payment."""
    refunds = RecordingRule(
        f"job:business_refunds:rate{BUSINESS_WINDOW}",
        f"sum by ({JOB}) ({business_change(settings, 'rate', business.REFUNDS, RefundStatus.SUCCEEDED)})",
    )
    payments = RecordingRule(
        f"job:business_payments_succeeded:rate{BUSINESS_WINDOW}",
        f"sum by ({JOB}) ({business_change(settings, 'rate', business.PAYMENTS, PaymentStatus.SUCCEEDED)})",
    )
    return Signal(
        "refund_ratio",
        "Refund rate",
        "Refunds of the last hour for each succeeded payment of the last hour.",
        Section.BUSINESS,
        Unit.RATIO,
        (Query(f"{refunds} / ({payments} > 0)", "{{environment}}"),),
        (refunds, payments),
        settings.threshold(ThresholdKey.REFUND_RATIO),
    )


def cpu_usage(settings: Settings) -> Signal:
    """Share of processor time that was not idle."""
    job = exporter_job(settings)
    total = RecordingRule(
        f"instance:host_cpu_seconds:rate{WINDOW}",
        f"sum by ({INSTANCE}) (rate({host.CPU}{{{job}}}[{WINDOW}]))",
    )
    idle = RecordingRule(
        f"instance:host_cpu_seconds_idle:rate{WINDOW}",
        f'sum by ({INSTANCE}) (rate({host.CPU}{{{job}, mode=~"{CpuMode.IDLE}|{CpuMode.IOWAIT}"}}[{WINDOW}]))',
    )
    return Signal(
        "cpu_usage",
        "CPU usage",
        "Share of the host's processor time of the last 5 minutes that was neither idle nor waiting for disks.",
        Section.INFRASTRUCTURE,
        Unit.RATIO,
        (Query(f"1 - {idle} / ({total} > 0)", "{{instance}}"),),
        (total, idle),
        settings.threshold(ThresholdKey.CPU_USAGE),
    )


def memory_usage(settings: Settings) -> Signal:
    """Share of memory that programs cannot have any more."""
    job = exporter_job(settings)
    return Signal(
        "memory_usage",
        "Memory usage",
        "Share of the host's memory that is not available to programs.",
        Section.INFRASTRUCTURE,
        Unit.RATIO,
        (
            Query(
                f"1 - {host.MEMORY_AVAILABLE}{{{job}}} / ({host.MEMORY_TOTAL}{{{job}}} > 0)",
                "{{instance}}",
            ),
        ),
        (),
        settings.threshold(ThresholdKey.MEMORY_USAGE),
    )


def disk_usage(settings: Settings) -> Signal:
    """Share of each file system that is taken."""
    job = exporter_job(settings)
    return Signal(
        "disk_usage",
        "Disk usage",
        "Share of the file system that unprivileged programs cannot write to any more.",
        Section.INFRASTRUCTURE,
        Unit.RATIO,
        (
            Query(
                f"1 - {host.DISK_AVAILABLE}{{{job}}} / ({host.DISK_SIZE}{{{job}}} > 0)",
                "{{instance}} {{mountpoint}}",
            ),
        ),
        (),
        settings.threshold(ThresholdKey.DISK_USAGE),
    )


def network_throughput(settings: Settings) -> Signal:
    """Traffic of the host by direction."""
    traffic = RecordingRule(
        f"instance_direction:host_network_bytes:rate{WINDOW}",
        f"sum by ({INSTANCE}, direction) (rate({host.NETWORK}{{{exporter_job(settings)}}}[{WINDOW}]))",
    )
    return Signal(
        "network_throughput",
        "Network I/O",
        "Bytes a second that the host's network interfaces received and sent in the last 5 minutes.",
        Section.INFRASTRUCTURE,
        Unit.BYTES_PER_SECOND,
        (Query(traffic.record, "{{instance}} {{direction}}"),),
        (traffic,),
    )
