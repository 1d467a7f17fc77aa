"""Alerts on what callers of the API see: errors, slowness, failed payments, the gateway's breaker."""

from __future__ import annotations

import bisect
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup, InputSeries
from payment_alerts.changing import KEEP_FIRING
from payment_alerts.going_on import WINDOW, GoingOn
from payment_alerts.scenario_series import Target, rising, service_target, steady
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.signal import Section
from payment_catalog.signals import JOB
from payment_catalog.slos import bucket_matcher
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import BreakerState, LogPattern, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_ROUTE = {"method": "POST", "route": "/payments"}
#: Four requests a second: one in a hundred of them is more than chance within a window.
_PER_MINUTE = 240
#: That bad events go on is in the expression.
_PENDING = timedelta(0)


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
        dashboard=Dashboard.APPLICATION,
    )


def payment_success_ratio(catalog: Catalog, target: Target) -> ThresholdAlert:
    """Payments fail more often than the runbook allows."""
    signal = catalog.signal("payment_success_ratio")
    finished, succeeded = signal.recordings

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Two instances, the second of which takes a method that fails less."""

        def ended(by: Target, method: PaymentMethod, status: PaymentStatus, share: float) -> InputSeries:
            values = rising(_PER_MINUTE * share, minutes)
            return by.series(metrics.PAYMENTS.name, values, method=method, status=status)

        return (
            ended(target, PaymentMethod.CARD, PaymentStatus.SUCCEEDED, value * 0.6),
            ended(target, PaymentMethod.CARD, PaymentStatus.FAILED, (1 - value) * 0.7),
            ended(target.second, PaymentMethod.FPX, PaymentStatus.SUCCEEDED, value * 0.4),
            ended(target.second, PaymentMethod.FPX, PaymentStatus.FAILED, (1 - value) * 0.3),
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.PAYMENT_SUCCESS_RATIO),
        expr=signal.expr,
        going_on=lambda _: GoingOn.of(catalog.settings, f"({finished} - {succeeded})"),
        per_minute=_PER_MINUTE,
        warning=Level("PaymentSuccessRateLow", Priority.P2),
        critical=Level("PaymentSuccessRateCritical", Priority.P1),
        pending=_PENDING,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        logs=LogPattern.PAYMENT_FAILED,
        subject="Payment success rate",
        meaning="Of the payments that reached a final status in the last 5 minutes, too many failed.",
        impact="Customers cannot pay; revenue is lost while it lasts.",
        feed=feed,
        labels=target.job_labels,
        best=1,
        worst=0,
        window=WINDOW,
        keep_firing=KEEP_FIRING,
    )


def api_latency(catalog: Catalog, target: Target) -> ThresholdAlert:
    """Requests take longer than the runbook allows."""
    signal = catalog.signal("api_latency_p95")
    (buckets,) = signal.recordings

    def slow(limit: float) -> GoingOn:
        """Return the requests beyond the last bucket that ends within ``limit``, or beyond the first there is."""
        bounds = http_metrics.LATENCY_BUCKETS
        bound = bounds[max(bisect.bisect_right(bounds, limit) - 1, 0)]
        of_all, in_time = (f"sum by ({JOB}) ({buckets}{{{le}}})" for le in ('le="+Inf"', bucket_matcher(bound)))
        return GoingOn.of(catalog.settings, f"({of_all} - {in_time})")

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Two instances, the second of which answers the slow requests and no other."""

        def answered(by: Target, bound: str, count: float) -> InputSeries:
            return by.series(http_metrics.HTTP_REQUEST_DURATION.bucket, rising(count, minutes), le=bound, **_ROUTE)

        buckets = _buckets_with_p95(value)
        fast = min(buckets.values())
        return tuple(
            answered(by, bound, count)
            for bound, total in buckets.items()
            for by, count in ((target, fast), (target.second, total - fast))
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.API_LATENCY_P95),
        expr=signal.expr,
        going_on=slow,
        per_minute=_PER_MINUTE,
        warning=Level("ApiLatencyHigh", Priority.P2),
        critical=Level("ApiLatencyCritical", Priority.P1),
        pending=_PENDING,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="API response time (p95)",
        meaning="More than 5 of 100 requests of the last 5 minutes took longer than the limit.",
        impact="Customers wait at the checkout; some give up or try twice.",
        feed=feed,
        labels=target.job_labels,
        worst=http_metrics.LATENCY_BUCKETS[-1],
        window=WINDOW,
        keep_firing=KEEP_FIRING,
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
    signal = catalog.signal("error_ratio")
    _, errors = signal.recordings

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Two instances, which answer differently; one that has never failed has no series of errors."""

        def answered(by: Target, code: str, share: float) -> InputSeries:
            return by.series(http_metrics.HTTP_REQUESTS.name, rising(_PER_MINUTE * share, minutes), code=code, **_ROUTE)

        well = (answered(target, "201", (1 - value) * 0.4), answered(target.second, "201", (1 - value) * 0.6))
        failed = (answered(target, "502", value * 0.7), answered(target.second, "503", value * 0.3))
        return (*well, *failed) if value else well

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.ERROR_RATIO),
        expr=signal.expr,
        going_on=lambda _: GoingOn.of(catalog.settings, str(errors)),
        per_minute=_PER_MINUTE,
        warning=Level("ErrorRateHigh", Priority.P2),
        critical=Level("ErrorRateCritical", Priority.P1),
        pending=_PENDING,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        subject="Error rate",
        meaning="Of the requests of the last 5 minutes, too many were answered with a 5xx status.",
        impact="Payments and refunds fail on our side; callers retry and add load.",
        feed=feed,
        labels=target.job_labels,
        window=WINDOW,
        keep_firing=KEEP_FIRING,
    )


def circuit_breaker(catalog: Catalog, target: Target) -> ThresholdAlert:
    """The service has stopped to ask the gateway."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        closed = BreakerState.CLOSED.value_on_metrics
        return (
            target.series(metrics.BREAKER_STATE.name, steady(value, minutes)),
            target.second.series(metrics.BREAKER_STATE.name, steady(closed, minutes)),
        )

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
        # It closes after a probe that succeeds, and opens again.
        keep_firing=KEEP_FIRING,
    )
