"""What customers did not get: why payments fail, what is given back, and what nobody knows the outcome of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_catalog.exporter_metrics import business as metrics
from payment_catalog.signal import Query
from payment_catalog.signals import business_change
from payment_catalog.thresholds import Unit
from payment_dashboards.boards.money import whole_units
from payment_dashboards.boards.usual import NOTHING_USUAL
from payment_dashboards.colours import CURRENCIES, FAILURE_REASONS, STATUSES
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit
    from payment_dashboards.panels.panel import Panel


def why_payments_fail(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on reasons of failures."""
    return reasons(kit), failures_on_our_side(kit), declines(kit)


def given_back(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on refunds and unknown outcomes."""
    ratio = replace(kit.signal("refund_ratio", width=12), no_value="no payments yet")
    return ratio, unknown_outcomes(kit), refunds(kit), refunded(kit)


def reasons(kit: Kit) -> OverTime:
    """Return the failed payments by reason."""
    failed = kit.logs("Failed payments in the logs", 'event: "payment failed"')
    return replace(kit.signal("failed_transactions", colours=FAILURE_REASONS, value_links=(failed,)), stacked=True)


def failures_on_our_side(kit: Kit) -> OverTime:
    """Return how much more than usual fails for reasons of the gateway and of ours."""
    return OverTime(
        title="More failures than usual: ours, the gateway's",
        description="Share of all payments of 30 minutes that failed for another reason than the bank's, less "
        "what is usual at this time of the week.",
        queries=(kit.measured("PaymentFailuresOnOurSide", "{{reason}}"),),
        unit=Unit.RATIO,
        limits=kit.limits("PaymentFailuresOnOurSide"),
        links=kit.runbooks("PaymentFailuresOnOurSide"),
        colours=FAILURE_REASONS,
        minimum=None,
        no_value=NOTHING_USUAL,
    )


def declines(kit: Kit) -> OverTime:
    """Return how much more than usual banks refuse."""
    return OverTime(
        title="More refusals than usual, by banks",
        description="Share of all payments of 30 minutes that a bank refused, less what is usual at this time of the "
        "week. Far above, somebody may be testing stolen cards.",
        queries=(kit.measured("PaymentDeclinesUnusual", "{{reason}}"),),
        unit=Unit.RATIO,
        limits=kit.limits("PaymentDeclinesUnusual"),
        links=kit.runbooks("PaymentDeclinesUnusual"),
        colours=FAILURE_REASONS,
        minimum=None,
        no_value=NOTHING_USUAL,
    )


def unknown_outcomes(kit: Kit) -> OverTime:
    """Return for how long outcomes are unknown."""
    return OverTime(
        title="Oldest operation of unknown outcome",
        description="Age of the oldest operation at the gateway whose outcome nobody knows, by environment. What grows "
        "is not being reconciled.",
        queries=(kit.measured("PaymentOutcomeUnknown", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("PaymentOutcomeUnknown"),
        links=kit.runbooks("PaymentOutcomeUnknown"),
        width=12,
    )


def refunds(kit: Kit) -> OverTime:
    """Return the refunds by how they ended."""
    return OverTime(
        title="Refunds per hour",
        description="Refunds that ended in the last hour, by how. A refund that failed leaves a customer waiting.",
        queries=(
            Query(f"sum by (status) ({business_change(kit.settings, 'increase', metrics.REFUNDS)})", "{{status}}"),
        ),
        value_links=(kit.logs("Refunds in the logs", 'event: "refund failed" or event: "refund succeeded"'),),
        colours=STATUSES,
        stacked=True,
        width=12,
    )


def refunded(kit: Kit) -> OverTime:
    """Return the amount that is given back."""
    return OverTime(
        title="Refunded per hour",
        description="Amount of the refunds that succeeded in the last hour, by currency.",
        queries=(
            Query(
                whole_units(kit.settings, business_change(kit.settings, "increase", metrics.REFUNDED)), "{{currency}}"
            ),
        ),
        unit=Unit.CURRENCY,
        colours=CURRENCIES,
        decimals=0,
        width=12,
    )
