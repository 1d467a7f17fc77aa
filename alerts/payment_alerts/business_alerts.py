"""Alerts on business figures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, exporter_target, rising, slowed
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import parse_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import business
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority
from payment_catalog.signal import Section
from payment_catalog.signals import BUSINESS_WINDOW
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import Currency, PaymentMethod, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_PER_MINUTE = 100
_WINDOW = parse_duration(BUSINESS_WINDOW)
#: Refunds within the window that are more than chance, whatever share of a quiet night's payments they are. If one
#: payment in fifty is usually refunded, chance brings ten among fewer than 200 in one hour of 128 at the worst, five
#: among fewer than 100 in one of 20 (Poisson).
FEWEST_REFUNDS = 10
#: Half a refund less, so that what a rate is extrapolated by decides nothing.
_FEWEST = FEWEST_REFUNDS - 0.5


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
    signal = catalog.signal("refund_ratio")
    refunds, _ = signal.recordings

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Two exporters, the second of which has reached the database half of the time."""
        return (
            *_refunds(target, value, minutes),
            *_payments(target, 1, minutes),
            *_refunds(target.second, value / 2, minutes),
            *_payments(target.second, 0.5, minutes),
        )

    minutes = _WINDOW // timedelta(minutes=1)

    def few(refunded: float) -> tuple[InputSeries, ...]:
        """Return so many refunds within the window, of as many payments."""
        return slowed(feed(1, 2 * minutes), refunded / (_PER_MINUTE * minutes))

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.REFUND_RATIO),
        expr=signal.expr,
        provided=f"{refunds} > {number(_FEWEST)} / {number(_WINDOW.total_seconds())}",
        warning=Level("RefundRateHigh", Priority.P2),
        critical=Level("RefundRateCritical", Priority.P1),
        # The window is an hour already; this keeps out a batch that was entered at once.
        pending=timedelta(minutes=15),
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        subject="Refund rate",
        meaning="For each hundred payments of the last hour, too many were refunded. There are "
        f"{FEWEST_REFUNDS} refunds at least: where hardly anybody pays, a few are chance.",
        impact="Money flows back: a defect in an order flow, a campaign gone wrong, or fraud.",
        feed=feed,
        labels=target.job_labels,
        window=_WINDOW,
        also=(
            Scenario(
                "refunds at night, when nobody pays",
                (*_refunds(target, 1, minutes), *_payments(target, 0, minutes)),
                _WINDOW,
            ),
            Scenario("few payments, and just enough refunds", few(_FEWEST * 1.02), 2 * _WINDOW, (target.job_labels,)),
            Scenario("few payments, and not quite enough refunds", few(_FEWEST * 0.98), 2 * _WINDOW),
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
