"""Payments, revenue, failures and refunds, as the database has counted them.

The database counts each arrival at a final status once, when it happens. A payment that was assumed failed and
turns out to be charged is therefore in the failures and in the successes, and no counter ever goes backwards.
"""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import (
    Currency,
    FailureReason,
    PaymentMethod,
    PaymentStatus,
    RefundStatus,
    values,
)

CURRENCY = Label("currency", values(Currency))

PAYMENTS = Metric(
    "business_payments_total",
    MetricType.COUNTER,
    "Payments that reached a final status.",
    EXPORTER,
    (
        Label("method", values(PaymentMethod)),
        Label("status", (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELLED)),
        CURRENCY,
    ),
)
REVENUE = Metric(
    "business_revenue_minor_units_total",
    MetricType.COUNTER,
    "Amount of succeeded payments in minor units of the currency (sen, cents).",
    EXPORTER,
    (CURRENCY,),
)
CURRENCY_MINOR_UNITS = Metric(
    "business_currency_minor_units",
    MetricType.GAUGE,
    "Minor units in one unit of the currency (ISO 4217); divide a revenue by it.",
    EXPORTER,
    (CURRENCY,),
)
FAILURES = Metric(
    "business_payment_failures_total",
    MetricType.COUNTER,
    "Payments that failed, by reason.",
    EXPORTER,
    (Label("reason", values(FailureReason)),),
)
REFUNDS = Metric(
    "business_refunds_total",
    MetricType.COUNTER,
    "Refunds that reached a final status.",
    EXPORTER,
    (Label("status", (RefundStatus.SUCCEEDED, RefundStatus.FAILED)), CURRENCY),
)
REFUNDED = Metric(
    "business_refunded_minor_units_total",
    MetricType.COUNTER,
    "Amount of succeeded refunds in minor units of the currency.",
    EXPORTER,
    (CURRENCY,),
)

METRICS: tuple[Metric, ...] = (PAYMENTS, REVENUE, CURRENCY_MINOR_UNITS, FAILURES, REFUNDS, REFUNDED)
