"""Alerts on what callers of the API see: errors, slowness, failed payments, the gateway's breaker."""

from __future__ import annotations

import bisect
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup, InputSeries
from payment_alerts.scenario_series import Target, rising, service_target, steady
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.escalation import Team
from payment_catalog.incidents import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.signals import Section
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import BreakerState, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_ROUTE = {"method": "POST", "route": "/payments"}
_PER_MINUTE = 6000


def api_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the application metrics of the runbook."""
    target = service_target(catalog.settings)
    rules = (
        payment_success_ratio(catalog, target),
        api_latency(catalog, target),
        error_ratio(catalog, target),
        circuit_breaker(catalog, target),
    )
    return AlertGroup(
        "payment-api",
        "api.yaml",
        tuple(alert for rule in rules for alert in rule.alerts()),
        tuple(
            recording
            for signal in catalog.signals
            if signal.section is Section.APPLICATION
            for recording in signal.recordings
        ),
    )


def payment_success_ratio(catalog: Catalog, target: Target) -> ThresholdAlert:
    """Payments fail more often than the runbook allows."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        method = PaymentMethod.CARD.value
        return (
            target.series(
                metrics.PAYMENTS.name,
                rising(_PER_MINUTE * value, minutes),
                method=method,
                status=PaymentStatus.SUCCEEDED,
            ),
            target.series(
                metrics.PAYMENTS.name,
                rising(_PER_MINUTE * (1 - value), minutes),
                method=method,
                status=PaymentStatus.FAILED,
            ),
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.PAYMENT_SUCCESS_RATIO),
        expr=catalog.signal("payment_success_ratio").expr,
        warning=Level("PaymentSuccessRateLow", Priority.P2),
        critical=Level("PaymentSuccessRateCritical", Priority.P1),
        # Two windows of the rate: a single burst of declined cards has left the first by then.
        pending=timedelta(minutes=5),
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        subject="Payment success rate",
        meaning="Of the payments that reached a final status in the last 5 minutes, too many failed.",
        impact="Customers cannot pay; revenue is lost while it lasts.",
        feed=feed,
        labels=target.job_labels,
        best=1,
        worst=0,
    )


def api_latency(catalog: Catalog, target: Target) -> ThresholdAlert:
    """Requests take longer than the runbook allows."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return tuple(
            target.series(http_metrics.HTTP_REQUEST_DURATION.bucket, rising(count, minutes), le=bound, **_ROUTE)
            for bound, count in _buckets_with_p95(value).items()
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.API_LATENCY_P95),
        expr=catalog.signal("api_latency_p95").expr,
        warning=Level("ApiLatencyHigh", Priority.P2),
        critical=Level("ApiLatencyCritical", Priority.P1),
        # Longer than a garbage collection, a deployment's cold start or one slow report.
        pending=timedelta(minutes=5),
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="API response time (p95)",
        meaning="More than 5 of 100 requests of the last 5 minutes took longer than the limit.",
        impact="Customers wait at the checkout; some give up or try twice.",
        feed=feed,
        labels=target.job_labels,
        worst=http_metrics.LATENCY_BUCKETS[-1],
    )


def _buckets_with_p95(seconds: float) -> dict[str, float]:
    """Return cumulative requests a minute by ``le`` whose 95th percentile is ``seconds``.

    Prometheus interpolates linearly inside a bucket: with a share ``below`` under the bucket's lower
    bound, the percentile lies at ``(0.95 - below) / (1 - below)`` of the bucket's width.
    """
    bounds = http_metrics.LATENCY_BUCKETS
    index = bisect.bisect_left(bounds, seconds)
    lower = bounds[index - 1] if index else 0.0
    share = (seconds - lower) / (bounds[index] - lower)
    below = max(0.0, (0.95 - share) / (1 - share)) if share < 1 else 0.0
    counts = {
        repr(bound): float(_PER_MINUTE) if position >= index else _PER_MINUTE * below
        for position, bound in enumerate(bounds)
    }
    return {**counts, "+Inf": float(_PER_MINUTE)}


def error_ratio(catalog: Catalog, target: Target) -> ThresholdAlert:
    """Requests end in server errors more often than the runbook allows."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (
            target.series(
                http_metrics.HTTP_REQUESTS.name, rising(_PER_MINUTE * (1 - value), minutes), code="201", **_ROUTE
            ),
            target.series(http_metrics.HTTP_REQUESTS.name, rising(_PER_MINUTE * value, minutes), code="502", **_ROUTE),
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.ERROR_RATIO),
        expr=catalog.signal("error_ratio").expr,
        warning=Level("ErrorRateHigh", Priority.P2),
        critical=Level("ErrorRateCritical", Priority.P1),
        # One bad pod that is restarted is over before; a defect is not.
        pending=timedelta(minutes=2),
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        subject="Error rate",
        meaning="Of the requests of the last 5 minutes, too many were answered with a 5xx status.",
        impact="Payments and refunds fail on our side; callers retry and add load.",
        feed=feed,
        labels=target.job_labels,
    )


def circuit_breaker(catalog: Catalog, target: Target) -> ThresholdAlert:
    """The service has stopped to ask the gateway."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (target.series(metrics.BREAKER_STATE.name, steady(value, minutes)),)

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.CIRCUIT_BREAKER_STATE),
        expr=catalog.signal("circuit_breaker_state").expr,
        warning=Level("CircuitBreakerNotClosed", Priority.P2),
        critical=Level("CircuitBreakerOpen", Priority.P1),
        # A breaker that opens and closes again at its first probe is doing its work.
        pending=timedelta(minutes=2),
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        subject="Circuit breaker state",
        meaning="The breaker before the Fiuu API is open or half-open: the gateway failed repeatedly.",
        impact="No payment goes to the gateway while the breaker is open.",
        feed=feed,
        labels=target.job_labels,
        worst=BreakerState.OPEN.value_on_metrics,
    )
