"""Alerts on business figures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup, InputSeries
from payment_alerts.scenario_series import Target, exporter_target, rising
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import business
from payment_catalog.incidents import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.signals import Section
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import Currency, PaymentMethod, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog


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
    )


def refund_ratio(catalog: Catalog, target: Target) -> ThresholdAlert:
    """More is refunded than the runbook allows."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (
            target.series(
                business.REFUNDS.name,
                rising(1000 * value, minutes),
                status=RefundStatus.SUCCEEDED,
                currency=Currency.MYR,
            ),
            target.series(
                business.PAYMENTS.name,
                rising(1000, minutes),
                method=PaymentMethod.CARD,
                status=PaymentStatus.SUCCEEDED,
                currency=Currency.MYR,
            ),
        )

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
    )
