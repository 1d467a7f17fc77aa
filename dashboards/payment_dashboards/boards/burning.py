"""Panels on how an error budget is spent: as fast as an alert's tiers ask for, and by how many events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.burn_rates import FEWEST_ERRORS, HOUR, Response, tiers
from payment_catalog.durations import format_duration
from payment_catalog.promql import number
from payment_catalog.signal import Query
from payment_catalog.slo_series import burn_rate, errors_rate, events_rate
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.colours import CRITICAL, NEUTRAL
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_catalog.burn_rates import Tier
    from payment_catalog.slos import Objective
    from payment_dashboards.kit import Kit

_NO_EVENTS = "no events"
_ANSWERS = {Response.PAGE: "calls somebody", Response.TICKET: "opens a ticket"}
#: Of the windows of a tier, the long one and the short one: tones of the colour of its limit.
_TONES = (("dark-red", "light-red"), ("dark-orange", "light-orange"))


def burn_alerts(kit: Kit, objective: Objective) -> tuple[str, ...]:
    """Return the alerts on the budget of ``objective``, that of the fastest tier first."""
    names = (name for tier in tiers(objective) for name in kit.comparing(burn_rate(objective, tier.long)))
    return tuple(dict.fromkeys(names))


def burn_rates(kit: Kit, objective: Objective, response: Response) -> OverTime:
    """Return the burn rates over the windows of the tiers of ``response``, with their rates as limits."""
    fast, slow = (tier for tier in tiers(objective) if tier.policy.response is response)
    windows = [(tier.long, tier.short) for tier in (fast, slow)]
    return OverTime(
        title=f"{objective.title}: burn rate that {_ANSWERS[response]}",
        description="How many times faster than it lasts the budget is spent. The alert fires while both "
        f"{_of(fast)} (red) or both {_of(slow)} (orange). Of several places, the worst.",
        queries=tuple(
            Query(f"max({burn_rate(objective, window)})", format_duration(window))
            for pair in windows
            for window in pair
        ),
        unit=Unit.TIMES,
        limits=Limits(Side.ABOVE, warning=slow.rate, critical=fast.rate),
        links=kit.runbooks(*kit.comparing(burn_rate(objective, fast.long))),
        colours={
            format_duration(window): tone
            for pair, tones in zip(windows, _TONES, strict=True)
            for window, tone in zip(pair, tones, strict=True)
        },
        decimals=2,
        no_value=_NO_EVENTS,
        width=12,
    )


def bad_events(kit: Kit, objective: Objective) -> OverTime:
    """Return the bad events in the long window of each tier: of few of them no alert is made."""
    found = tiers(objective)
    return OverTime(
        title=f"{objective.title}: bad events behind the burn rates",
        description=f"Bad events in the long window of each tier. With fewer than {FEWEST_ERRORS} the tier stays "
        "silent however fast the budget burns: one unlucky customer is no outage.",
        queries=tuple(
            Query(f"max({_bad_events(objective, tier)})", f"in {format_duration(tier.long)}") for tier in found
        ),
        limits=Limits(Side.ABOVE, warning=FEWEST_ERRORS),
        links=kit.runbooks(*burn_alerts(kit, objective)),
        no_value=_NO_EVENTS,
        width=12,
    )


def events(objective: Objective) -> OverTime:
    """Return how much traffic stands behind the objective."""
    return OverTime(
        title=f"{objective.title}: events in an hour",
        description="All events that the objective counts, and the bad ones among them, in the hour before. Few events "
        "make a share jump.",
        queries=(
            Query(f"sum({_in(HOUR, events_rate(objective, HOUR))})", "all"),
            Query(f"sum({_in(HOUR, errors_rate(objective, HOUR))})", "bad"),
        ),
        colours={"all": NEUTRAL, "bad": CRITICAL},
        no_value=_NO_EVENTS,
        width=12,
    )


def _bad_events(objective: Objective, tier: Tier) -> str:
    return _in(tier.long, errors_rate(objective, tier.long))


def _in(window: timedelta, rate: str) -> str:
    return f"{rate} * {number(window.total_seconds())}"


def _of(tier: Tier) -> str:
    return f"{format_duration(tier.long)} and {format_duration(tier.short)} are above {number(round(tier.rate, 2))}"
