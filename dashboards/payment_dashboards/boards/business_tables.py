"""The tables of the business dashboard: everything about a currency, and about a method, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.exporter_metrics import business as metrics
from payment_catalog.seasons import business_seasons
from payment_catalog.signal import Query
from payment_catalog.signals import business_change
from payment_catalog.thresholds import Unit
from payment_catalog.vocabulary import RefundStatus
from payment_dashboards.boards.money import whole_units
from payment_dashboards.boards.usual import little_revenue
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit


def by_currency(kit: Kit) -> Table:
    """Return revenue, payments and refunds of each currency."""
    seasons = business_seasons(kit.settings)
    refunds = business_change(kit.settings, "increase", metrics.REFUNDS, RefundStatus.SUCCEEDED)
    refunded = business_change(kit.settings, "increase", metrics.REFUNDED)
    return Table(
        title="Currencies",
        description="The last hour by currency: revenue, what is usual at this time of the week, and what was given "
        "back. Amounts are in units of the currency.",
        queries=(
            Query(whole_units(kit.settings, str(seasons.revenue.now))),
            Query(whole_units(kit.settings, str(seasons.revenue.usual))),
            Query(f"min by (currency) ({kit.measured(little_revenue(kit)[0], '').expr})"),
            Query(f"round(sum by (currency) ({seasons.currency_succeeded.now}))"),
            Query(f"round(sum by (currency) ({refunds}))"),
            Query(whole_units(kit.settings, refunded)),
        ),
        columns=(
            Column(source="currency", title="Currency", width=110),
            Column(source="Value #A", title="Revenue", unit=Unit.CURRENCY, decimals=0),
            Column(source="Value #B", title="Usual", unit=Unit.CURRENCY, decimals=0),
            Column(
                source="Value #C",
                title="Compared with usual",
                unit=Unit.RATIO,
                limits=kit.limits(*little_revenue(kit), "RevenueSurge"),
            ),
            Column(source="Value #D", title="Payments", unit=Unit.COUNT),
            Column(source="Value #E", title="Refunds", unit=Unit.COUNT),
            Column(source="Value #F", title="Refunded", unit=Unit.CURRENCY, decimals=0),
        ),
        links=kit.runbooks(*little_revenue(kit), "RevenueSurge"),
        sort="Revenue",
        descending=True,
        width=24,
        height=7,
    )


def by_method(kit: Kit) -> Table:
    """Return the payments of each method and how they ended."""
    seasons = business_seasons(kit.settings)
    succeeded = f"sum by (method) ({seasons.method_succeeded.now})"
    failed = f"sum by (method) ({seasons.method_failed})"
    return Table(
        title="Methods",
        description="The last 30 minutes by method: how many payments succeeded and failed, and how that compares with "
        "the same time of the weeks before.",
        queries=(
            Query(f"round({succeeded})"),
            Query(f"round({failed})"),
            Query(f"{succeeded} / ({succeeded} + {failed} > 0)"),
            Query(f"min by (method) ({kit.measured('PaymentMethodDown', '').expr})"),
            Query(f"max by (method) ({kit.measured('PaymentMethodFailing', '').expr})"),
        ),
        columns=(
            Column(source="method", title="Method", width=110),
            Column(source="Value #A", title="Succeeded", unit=Unit.COUNT),
            Column(source="Value #B", title="Failed", unit=Unit.COUNT),
            Column(source="Value #C", title="Success rate", unit=Unit.RATIO),
            Column(
                source="Value #D",
                title="Compared with usual",
                unit=Unit.RATIO,
                limits=kit.limits("PaymentMethodDown"),
            ),
            Column(
                source="Value #E",
                title="Failing more than usual",
                unit=Unit.RATIO,
                limits=kit.limits("PaymentMethodFailing"),
            ),
        ),
        links=kit.runbooks("PaymentMethodDown", "PaymentMethodFailing"),
        sort="Succeeded",
        descending=True,
        width=24,
        height=7,
    )
