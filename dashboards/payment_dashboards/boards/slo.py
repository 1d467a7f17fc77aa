"""The dashboard ``payment-slo``: is what was promised kept, how long does the budget last, and what burns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.burn_rates import FEWEST_ERRORS, HOUR, Response, tiers
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.promql import number, quote
from payment_catalog.signal import Query
from payment_catalog.slo_series import budget_remaining, burn_rate, errors_rate, events_rate
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.burning import bad_events, burn_alerts, burn_rates, events
from payment_dashboards.colours import CRITICAL, GOOD, NEUTRAL, WARNING
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat, State
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from payment_catalog.slos import Objective
    from payment_dashboards.kit import Kit

#: Of the share of the budget that is left: a quarter still leaves time to hold changes back.
BUDGET = Limits(Side.BELOW, warning=0.25, critical=0)

_NO_EVENTS_YET = "no events yet"
#: Numbers that stand for words: less than any time, and how well a share is known.
_NOT_BURNING = -1
_LASTING: Mapping[float, State] = {
    _NOT_BURNING: State(word="nothing burns", colour=GOOD),
    0: State(word="it is gone", colour=CRITICAL),
}
_TRAFFIC: Mapping[float, State] = {
    0: State(word="no events", colour=NEUTRAL),
    1: State(word="too few to judge", colour=WARNING),
    2: State(word="enough to judge", colour=GOOD),
}


def slo(kit: Kit) -> Board:
    """Return the dashboard."""
    objectives = kit.catalog.objectives
    return Board(
        Dashboard.SLO,
        "What is promised and what was kept of it, how much may still fail, and how fast that is used up.",
        (
            Row(
                "Are the objectives kept?",
                (*(achieved(kit, objective) for objective in objectives), standing(kit), budgets(kit)),
            ),
            *(
                Row(
                    _promise(objective),
                    (
                        burn_rates(kit, objective, Response.PAGE),
                        burn_rates(kit, objective, Response.TICKET),
                        bad_events(kit, objective),
                        events(objective),
                    ),
                )
                for objective in objectives
            ),
        ),
        since="now-7d",
    )


def achieved(kit: Kit, objective: Objective) -> Stat:
    """Return the share of good events over the objective's window."""
    return Stat(
        title=objective.title,
        description=f"{objective.description}, as a share of those of the last {_window(objective)}: below "
        f"{_percent(objective.target)} the objective is missed. Of several places, the worst. It is counted by whole "
        "hours.",
        queries=(Query(f"min({_achieved(objective)})"),),
        unit=Unit.RATIO,
        limits=Limits(Side.BELOW, critical=objective.target),
        links=kit.runbooks(*burn_alerts(kit, objective)),
        decimals=2,
        sparkline=True,
        no_value=_NO_EVENTS_YET,
        width=8,
    )


def standing(kit: Kit) -> Table:
    """Return each objective in figures, and whether its traffic is enough to judge it by."""
    window = _window(kit.catalog.objectives[0])
    return Table(
        title="Where the objectives stand",
        description=f'Each over its window of {window}. "Lasts for" is the time until the budget is gone at the '
        f"burn rate of the last hour. With so few events that fewer than {FEWEST_ERRORS} may be bad, single ones "
        "decide: too few to judge.",
        queries=(
            _each(kit, _achieved),
            _each(kit, budget_remaining),
            _each(kit, _lasts_for),
            _each(kit, lambda objective: _in_window(objective, events_rate)),
            _each(kit, lambda objective: _in_window(objective, errors_rate)),
            _each(kit, _traffic),
        ),
        columns=(
            Column(source="objective", title="Objective"),
            Column(source="environment", title="Environment", width=130),
            Column(source="Value #A", title="Achieved", unit=Unit.RATIO, width=110),
            Column(source="Value #B", title="Budget left", unit=Unit.RATIO, width=110, limits=BUDGET),
            Column(
                source="Value #C",
                title="Lasts for",
                unit=Unit.SECONDS,
                width=130,
                limits=_lasting(kit.catalog.objectives),
                states=_LASTING,
            ),
            Column(source="Value #D", title="Events", unit=Unit.COUNT, width=110),
            Column(source="Value #E", title="Bad events", unit=Unit.COUNT, width=110),
            Column(source="Value #F", title="Traffic", width=150, states=_TRAFFIC),
        ),
        sort="Objective",
        no_value=_NO_EVENTS_YET,
        width=24,
        height=6,
    )


def budgets(kit: Kit) -> OverTime:
    """Return the budgets as they are used up."""
    return OverTime(
        title="Error budget left",
        description="Share of the bad events of the objective's window that may still happen: 0 is spent, below it the "
        "objective is missed. It rises where bad hours leave the window. Of several places, the worst.",
        queries=tuple(
            Query(f"min({budget_remaining(objective)})", objective.title) for objective in kit.catalog.objectives
        ),
        unit=Unit.RATIO,
        limits=BUDGET,
        calculations=("lastNotNull", "min"),
        minimum=None,
        maximum=1,
        no_value=_NO_EVENTS_YET,
        width=24,
    )


def _each(kit: Kit, expression: Callable[[Objective], str]) -> Query:
    """Return ``expression`` of every objective, each named by the label ``objective``."""
    return Query(
        " or ".join(
            f'label_replace({expression(objective)}, "objective", {quote(_promise(objective))}, "", "")'
            for objective in kit.catalog.objectives
        )
    )


def _achieved(objective: Objective) -> str:
    errors, total = errors_rate(objective, objective.window), events_rate(objective, objective.window)
    return f"1 - {errors} / ({total} > 0)"


def _lasts_for(objective: Objective) -> str:
    """Return the seconds until the budget is gone if it goes on to burn as in the last hour."""
    burn, seconds = burn_rate(objective, HOUR), number(objective.window.total_seconds())
    left = f"clamp_min({budget_remaining(objective)}, 0)"
    return f"{left} * {seconds} / ({burn} > 0) or ({burn} == 0) + {number(_NOT_BURNING)}"


def _lasting(objectives: tuple[Objective, ...]) -> Limits:
    """Return what is short: less than the window, and what a whole budget lasts at the rate that calls somebody."""
    shortest = min(
        objective.window / tier.rate
        for objective in objectives
        for tier in tiers(objective)
        if tier.policy.response is Response.PAGE
    )
    return Limits(Side.BELOW, warning=objectives[0].window.total_seconds(), critical=shortest.total_seconds())


def _in_window(objective: Objective, rate: Callable[[Objective, timedelta], str]) -> str:
    return f"{rate(objective, objective.window)} * {number(objective.window.total_seconds())}"


def _traffic(objective: Objective) -> str:
    """Return 0 without events, 1 where too few of them may be bad, else 2."""
    allowed = f"{_in_window(objective, events_rate)} * {number(objective.error_budget)}"
    return f"({allowed} > bool 0) + ({allowed} >= bool {FEWEST_ERRORS})"


def _promise(objective: Objective) -> str:
    return f"{objective.title}: {_percent(objective.target)} over {_window(objective)}"


def _window(objective: Objective) -> str:
    return format_duration(objective.window)


def _percent(share: float) -> str:
    return f"{number(round(share * 100, 4))}%"
