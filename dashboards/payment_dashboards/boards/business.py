"""The dashboard ``payment-business``: does money come in, by which method, what fails, and what is given back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.seasons import WEEKS, business_seasons
from payment_catalog.signal import Query
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.business_failures import given_back, why_payments_fail
from payment_dashboards.boards.business_tables import by_currency, by_method
from payment_dashboards.boards.money import whole_units
from payment_dashboards.boards.usual import NOTHING_USUAL, little_revenue, little_volume
from payment_dashboards.colours import CURRENCIES, METHODS, NEUTRAL
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

#: The longer ago, the paler.
_WEEKS = dict(zip((f"week -{week}" for week in WEEKS), ("purple", "light-purple", "super-light-purple"), strict=True))


def business(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.BUSINESS,
        "Does money come in, and as much as at the same time of the weeks before? By which method, what fails and why, "
        "and what is given back.",
        (
            Row(
                "Does money come in?",
                (
                    payments_now(kit),
                    payments_compared_now(kit),
                    kit.now("payment_success_ratio", title="Payments succeed"),
                    revenue_compared_now(kit),
                    kit.now("refund_ratio"),
                    oldest_unknown_now(kit),
                    revenue(kit),
                    revenue_compared(kit),
                    by_currency(kit),
                ),
            ),
            Row("Do payments end as usual?", (payments(kit), payments_compared(kit))),
            Row("Which method?", (volume_of_methods(kit), methods_compared(kit), methods_failing(kit), by_method(kit))),
            Row("Why do payments fail?", why_payments_fail(kit)),
            Row("What is given back, and what is unknown?", given_back(kit)),
        ),
        since="now-24h",
    )


def payments_now(kit: Kit) -> Stat:
    """Return the number of payments that succeeded."""
    return Stat(
        title="Payments (30 min)",
        description="Payments that succeeded in the last 30 minutes.",
        queries=(Query(f"sum({business_seasons(kit.settings).succeeded.now})"),),
        sparkline=True,
    )


def payments_compared_now(kit: Kit) -> Stat:
    """Return the share of the usual payments that succeed now."""
    return Stat(
        title="Payments vs. usual",
        description="Payments that succeeded in the last 30 minutes, compared with the same time of the weeks before; "
        "of several environments the lowest.",
        queries=(Query(f"min({kit.measured(little_volume(kit)[0], '').expr})"),),
        unit=Unit.RATIO,
        limits=kit.limits(*little_volume(kit)),
        links=kit.runbooks(*little_volume(kit)),
        no_value=NOTHING_USUAL,
    )


def revenue_compared_now(kit: Kit) -> Stat:
    """Return the share of the usual revenue that comes in now."""
    return Stat(
        title="Revenue vs. usual",
        description="Revenue of the last hour, compared with the same time of the weeks before; of several currencies "
        "the lowest.",
        queries=(Query(f"min({kit.measured(little_revenue(kit)[0], '').expr})"),),
        unit=Unit.RATIO,
        limits=kit.limits(*little_revenue(kit)),
        links=kit.runbooks(*little_revenue(kit)),
        no_value=NOTHING_USUAL,
    )


def oldest_unknown_now(kit: Kit) -> Stat:
    """Return for how long the outcome of an operation is unknown."""
    return Stat(
        title="Oldest unknown",
        description="Age of the oldest operation at the gateway whose outcome nobody knows: a customer may have been "
        "charged without being told.",
        queries=(Query(f"max({kit.measured('PaymentOutcomeUnknown', '').expr})"),),
        unit=Unit.SECONDS,
        limits=kit.limits("PaymentOutcomeUnknown"),
        links=kit.runbooks("PaymentOutcomeUnknown"),
    )


def revenue(kit: Kit) -> OverTime:
    """Return the revenue of an hour, and what is usual."""
    season = business_seasons(kit.settings).revenue
    signal = kit.catalog.signal("revenue_per_hour")
    return OverTime(
        title=signal.title,
        description=f"{signal.description} Dashed: what is usual at this time of the week.",
        queries=(
            Query(whole_units(kit.settings, str(season.now)), "{{currency}}"),
            Query(whole_units(kit.settings, str(season.usual)), "{{currency}} usual"),
        ),
        unit=Unit.CURRENCY,
        colours=CURRENCIES,
        bounds=tuple(f"{currency} usual" for currency in CURRENCIES),
        decimals=0,
        width=12,
    )


def revenue_compared(kit: Kit) -> OverTime:
    """Return how the revenue of each currency compares with what is usual."""
    return OverTime(
        title="Revenue compared with usual",
        description="Revenue of the last hour for each of the same hour of the weeks before. Far below, customers "
        "cannot pay; far above, amounts may be wrong or somebody tests stolen cards.",
        queries=(kit.measured(little_revenue(kit)[0], "{{currency}}"),),
        unit=Unit.RATIO,
        limits=kit.limits(*little_revenue(kit), "RevenueSurge"),
        links=kit.runbooks(*little_revenue(kit), "RevenueSurge"),
        colours=CURRENCIES,
        no_value=NOTHING_USUAL,
        width=12,
    )


def payments(kit: Kit) -> OverTime:
    """Return the payments that succeed, and those of the weeks before."""
    season = business_seasons(kit.settings).succeeded
    return OverTime(
        title="Payments and those of the weeks before",
        description="Payments that succeeded in 30 minutes, those of the same time one, two and three weeks before, "
        "and what of these is taken as usual (dashed).",
        queries=(
            Query(f"sum({season.now})", "now"),
            Query(f"sum({season.usual})", "usual"),
            Query(f"sum by (week) ({season.before})", "week -{{week}}"),
        ),
        colours={"now": NEUTRAL, **_WEEKS},
        bounds=("usual",),
        width=12,
    )


def payments_compared(kit: Kit) -> OverTime:
    """Return how the payments compare with what is usual."""
    return OverTime(
        title="Payments compared with usual",
        description="Payments that succeeded in 30 minutes for each of the same time of the weeks before. Far below "
        "the limit customers cannot pay, whatever the service says about itself.",
        queries=(kit.measured(little_volume(kit)[0], "{{environment}}"),),
        unit=Unit.RATIO,
        limits=kit.limits(*little_volume(kit)),
        links=kit.runbooks(*little_volume(kit)),
        no_value=NOTHING_USUAL,
        width=12,
    )


def volume_of_methods(kit: Kit) -> OverTime:
    """Return the payments by method."""
    return replace(kit.signal("payment_methods", colours=METHODS), stacked=True)


def methods_compared(kit: Kit) -> OverTime:
    """Return how the payments of each method compare with what is usual."""
    return OverTime(
        title="Methods compared with usual",
        description="Payments by each method that succeeded in 30 minutes, for each of the same time of the weeks "
        "before. Near 0 the method is down, often at its own provider.",
        queries=(kit.measured("PaymentMethodDown", "{{method}}"),),
        unit=Unit.RATIO,
        limits=kit.limits("PaymentMethodDown"),
        links=kit.runbooks("PaymentMethodDown"),
        colours=METHODS,
        no_value=NOTHING_USUAL,
    )


def methods_failing(kit: Kit) -> OverTime:
    """Return how much more than usual fails, by method."""
    return OverTime(
        title="Failing more than usual, by method",
        description="Share of each method's payments of 30 minutes that failed, less what is usual at this time of the "
        "week: 25 points more are no chance.",
        queries=(kit.measured("PaymentMethodFailing", "{{method}}"),),
        unit=Unit.RATIO,
        limits=kit.limits("PaymentMethodFailing"),
        links=kit.runbooks("PaymentMethodFailing"),
        colours=METHODS,
        minimum=None,
        no_value=NOTHING_USUAL,
    )
