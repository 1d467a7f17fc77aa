"""Names of the series that are recorded for an objective: what its alerts read and its panels draw."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.promql import number

if TYPE_CHECKING:
    from payment_catalog.slos import Objective

#: Holds four scrapes of up to 75 s.
BASE = timedelta(minutes=5)


def events_rate(objective: Objective, window: timedelta) -> str:
    """Return the series of events per second over ``window``."""
    return f"job:slo_{objective.key}_events:rate{format_duration(window)}"


def errors_rate(objective: Objective, window: timedelta) -> str:
    """Return the series of bad events per second over ``window``; 0 where all were good."""
    return f"job:slo_{objective.key}_errors:rate{format_duration(window)}"


def budget_remaining(objective: Objective) -> str:
    """Return the series of the budget left: 1 untouched, 0 spent, negative overspent."""
    return f"job:slo_{objective.key}:error_budget_remaining"


def burn_rate(objective: Objective, window: timedelta) -> str:
    """Return an expression of how many times too fast the budget is spent over ``window``; none without events."""
    errors, events = errors_rate(objective, window), events_rate(objective, window)
    return f"{errors} / ({events} > 0) / {number(objective.error_budget)}"
