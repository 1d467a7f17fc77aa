"""Alerts on business figures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, exporter_target, rising
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import business
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.signal import Section
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import Currency, PaymentMethod, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_PER_MINUTE = 10


def business_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the business metrics of the runbook."""
    return AlertGroup(
        "payment-business",
        "business.yaml",
        refund_ratio(catalog, exporter_target(catalog.settings)).alerts(),
        tuple(
            recording
            for signal in catalog.signals
            if signal.section is Section.BUSINESS
            for recording in signal.recordings
        ),
        dashboard=Dashboard.BUSINESS,
    )


def refund_ratio(catalog: Catalog, target: Target) -> ThresholdAlert:
    """More is refunded than the runbook allows."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Two exporters, the second of which has reached the database half of the time."""
        return (
            *_refunds(target, value, minutes),
            *_payments(target, 1, minutes),
            *_refunds(target.second, value / 2, minutes),
            *_payments(target.second, 0.5, minutes),
        )

    night = timedelta(hours=1)
    minutes = night // timedelta(minutes=1)
    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.REFUND_RATIO),
        expr=catalog.signal("refund_ratio").expr,
        warning=Level("RefundRateHigh", Priority.P2),
        critical=Level("RefundRateCritical", Priority.P1),
        # The window is an hour already; this keeps out a batch that was entered at once.
        pending=timedelta(minutes=15),
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        subject="Refund rate",
        meaning="For each hundred payments of the last hour, too many were refunded.",
        impact="Money flows back: a defect in an order flow, a campaign gone wrong, or fraud.",
        feed=feed,
        labels=target.job_labels,
        window=timedelta(hours=1),
        also=(
            Scenario(
                "refunds at night, when nobody pays",
                (*_refunds(target, 1, minutes), *_payments(target, 0, minutes)),
                night,
            ),
        ),
    )


def _refunds(by: Target, of_payments: float, minutes: int) -> tuple[InputSeries, ...]:
    """Return refunds in two currencies, and half as many that failed."""
    per_minute = _PER_MINUTE * of_payments
    shares = (
        (RefundStatus.SUCCEEDED, Currency.MYR, 0.6),
        (RefundStatus.SUCCEEDED, Currency.SGD, 0.4),
        (RefundStatus.FAILED, Currency.MYR, 0.5),
    )
    return tuple(
        by.series(business.REFUNDS.name, rising(per_minute * share, minutes), status=status, currency=currency)
        for status, currency, share in shares
    )


def _payments(by: Target, share_of_all: float, minutes: int) -> tuple[InputSeries, ...]:
    """Return payments by two methods in two currencies, and half as many that failed."""
    per_minute = _PER_MINUTE * share_of_all
    shares = (
        (PaymentMethod.CARD, PaymentStatus.SUCCEEDED, Currency.MYR, 0.5),
        (PaymentMethod.FPX, PaymentStatus.SUCCEEDED, Currency.MYR, 0.3),
        (PaymentMethod.CARD, PaymentStatus.SUCCEEDED, Currency.SGD, 0.2),
        (PaymentMethod.CARD, PaymentStatus.FAILED, Currency.MYR, 0.5),
    )
    return tuple(
        by.series(
            business.PAYMENTS.name,
            rising(per_minute * share, minutes),
            method=method,
            status=status,
            currency=currency,
        )
        for method, status, currency, share in shares
    )
