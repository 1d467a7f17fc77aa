"""Alerts on an error budget that is spent too fast: a page and a ticket for each objective."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup
from payment_alerts.scenario_series import service_target
from payment_alerts.slo.recordings import recordings
from payment_alerts.slo.scenarios import scenarios
from payment_alerts.slo.traffic import feed_of
from payment_catalog.burn_rates import FEWEST_ERRORS, PENDING, Response, Tier, tiers
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.slo_series import burn_rate, errors_rate
from payment_catalog.slos import latency_bound
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from payment_alerts.scenario_series import Target
    from payment_catalog.catalog import Catalog
    from payment_catalog.slos import Objective


@dataclass(frozen=True, slots=True)
class Burning:
    """What it means to people that the budget of an objective burns. ``name`` begins the names of its alerts.

    ``logs`` is where their lines are, where that is not what the incident has.
    """

    name: str
    team: Team
    incident: IncidentKey
    impact: str
    logs: LogPattern | None = None


_BURNING = {
    "success": Burning(
        "PaymentSuccess",
        Team.SERVICE_OUTAGE,
        IncidentKey.HIGH_ERROR_RATE,
        "Customers cannot pay; revenue is lost while it lasts.",
        LogPattern.PAYMENT_FAILED,
    ),
    "availability": Burning(
        "Availability",
        Team.SERVICE_OUTAGE,
        IncidentKey.HIGH_ERROR_RATE,
        "Payments and refunds fail on our side; callers retry and add load.",
    ),
    "latency": Burning(
        "Latency",
        Team.PERFORMANCE_ISSUE,
        IncidentKey.PERFORMANCE_DEGRADATION,
        "Customers wait at the checkout; some give up or try twice.",
    ),
}
_SPEED = {Response.PAGE: ("Fast", "fast"), Response.TICKET: ("Slow", "slowly")}


def slo_alerts(catalog: Catalog) -> tuple[AlertGroup, ...]:
    """Return a group for each objective, with the series that its alerts read."""
    target, bound = service_target(catalog.settings), latency_bound(catalog.settings)
    return tuple(
        AlertGroup(
            f"payment-slo-{objective.key}",
            f"slo-{objective.key}.yaml",
            tuple(burn_rate_alert(objective, response, target, bound) for response in Response),
            recordings(objective),
            dashboard=Dashboard.SLO,
        )
        for objective in catalog.objectives
    )


def burn_rate_alert(objective: Objective, response: Response, target: Target, bound: float) -> Alert:
    """Return the alert that holds while any tier of ``response`` burns; its value is the burn rate.

    Where the objective is too loose for the workbook's rate, the rate is lower (``tiers``), and the description says
    so. A service without events, new or idle, is silent: no events, no burn rate. ``bound`` is the latency in seconds
    that is in time; scenarios need it.
    """
    burning = _BURNING[objective.key]
    chosen = tuple(tier for tier in tiers(objective) if tier.policy.response is response)
    name, adverb = _SPEED[response]
    windows = " or ".join(
        f"{number(tier.rate)} times over {format_duration(tier.long)} and {format_duration(tier.short)}"
        for tier in chosen
    )
    return Alert(
        name=f"{burning.name}ErrorBudgetBurn{name}",
        expr="\nor\n".join(_tier(objective, tier) for tier in chosen),
        pending=PENDING,
        severity=response.severity,
        priority=response.priority,
        team=burning.team,
        incident=burning.incident,
        logs=burning.logs,
        summary=f"{{{{ $labels.job }}}} spends the error budget of '{objective.title}' {adverb}",
        description=_description(objective, chosen),
        meaning=f"{objective.description} are promised to be {_percent(objective.target)} over "
        f"{_days(objective.window)} days. The budget of bad ones is spent faster than it lasts: more than {windows}.",
        impact=burning.impact,
        scenarios=scenarios(objective, chosen, feed_of(objective, bound, target), target.job_labels),
    )


def _tier(objective: Objective, tier: Tier) -> str:
    rate = number(tier.rate)
    return (
        f"(\n  {burn_rate(objective, tier.long)} > {rate}\n"
        f"  and {burn_rate(objective, tier.short)} > {rate}\n"
        f"  and {errors_rate(objective, tier.long)} * {number(tier.long.total_seconds())} >= {FEWEST_ERRORS}\n)"
    )


def _description(objective: Objective, chosen: tuple[Tier, ...]) -> str:
    # Templates cannot divide; PromQL can.
    left = f'printf "vector({number(objective.window.total_seconds())} / %f)" $value'
    lowered = "".join(
        f" {number(tier.policy.rate)} times is out of reach for {_percent(objective.target)}: {number(tier.rate)} is "
        "taken instead."
        for tier in chosen
        if tier.lowered
    )
    return (
        f"{objective.description} should be {_percent(objective.target)}. In {{{{ $labels.environment }}}} the error "
        f'budget is spent {{{{ $value | printf "%.1f" }}}} times too fast: at this rate the '
        f"{_days(objective.window)}-day error budget is gone in "
        f"{{{{ {left} | query | first | value | humanizeDuration }}}}.{lowered}"
    )


def _days(window: timedelta) -> str:
    return number(round(window / timedelta(days=1), 2))


def _percent(share: float) -> str:
    return f"{number(round(share * 100, 4))}%"
