"""Burn rates: how fast an error budget may be spent before somebody is told, and over which windows.

A burn rate of 1 spends the budget exactly over the objective's window. A tier holds while both of its windows burn
faster than its rate: the long one shows that it matters, the short one that it is still going on.

Source: The Site Reliability Workbook, chapter 5 "Alerting on SLOs", table 5-8, with the tier of 3 over a day that is
commonly added to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from payment_catalog.severities import Priority, Severity

if TYPE_CHECKING:
    from payment_catalog.slos import Objective

HOUR = timedelta(hours=1)

#: Bad events in the long window from which on they are an alert. A count of ten is known to about a third (1/√10); of
#: fewer, one unlucky customer who tries again and again looks like an outage.
FEWEST_ERRORS = 10
#: The windows are the delay; this only keeps a single evaluation from paging.
PENDING = timedelta(minutes=2)

#: The workbook's ratio of a long window to its short one.
LONG_TO_SHORT = 12
#: Share of bad events that a tier may ask for at most. An outage that spares a tenth, and the good events from before
#: it that its windows still hold, must not keep a tier from ever firing.
REACHABLE = 0.9


class Response(Enum):
    """Who is told, as the labels of the alert."""

    PAGE = (Severity.CRITICAL, Priority.P1)
    TICKET = (Severity.WARNING, Priority.P3)

    @property
    def severity(self) -> Severity:
        """The ``severity`` label."""
        return self.value[0]

    @property
    def priority(self) -> Priority:
        """The ``priority`` label."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Policy:
    """A row of the workbook's table: react before a burn of ``rate`` has spent ``share`` of the budget."""

    response: Response
    rate: float
    share: float


#: The fastest first.
POLICIES = (
    Policy(Response.PAGE, 14.4, 0.02),
    Policy(Response.PAGE, 6, 0.05),
    Policy(Response.TICKET, 3, 0.1),
    Policy(Response.TICKET, 1, 0.1),
)


@dataclass(frozen=True, slots=True)
class Tier:
    """A policy for one objective: ``rate`` is the policy's, or less where that is out of reach."""

    policy: Policy
    rate: float
    long: timedelta
    short: timedelta

    @property
    def lowered(self) -> bool:
        """Whether the objective is too loose for the policy's rate."""
        return self.rate != self.policy.rate


def tiers(objective: Objective) -> tuple[Tier, ...]:
    """Return the tiers of ``objective``, the fastest first. Each can fire: ``rate * error_budget`` is below 1.

    Windows. A burn of ``rate`` spends ``share`` of the budget in ``share * window / rate``. That is the long window,
    rounded up to whole hours, so that the short one is a multiple of 5m. Over 30 days it gives the workbook's 1h/5m,
    6h/30m, 1d/2h and 3d/6h; over 90 days three times as much.

    Rates. When everything fails, the budget burns at ``1 / error_budget``: 20 times for an objective of 0.95, 10 times
    for one of 0.9, whose tier of 14.4 would be dead. A rate that takes more than ``REACHABLE`` bad events is lowered
    to half way between the next slower tier and what is reachable. It is not left out, because its short long window
    is what notices a total outage soon: with 0.9 after 45 minutes, the tier of 6 after 3.6 hours.
    """
    ceiling = REACHABLE / objective.error_budget
    found: list[Tier] = []
    slower = 0.0
    for policy in reversed(POLICIES):
        rate = policy.rate if policy.rate <= max(ceiling, 1) else (slower + ceiling) / 2
        long = -(-(objective.window * policy.share / policy.rate) // HOUR) * HOUR
        found.append(Tier(policy, rate, long, long / LONG_TO_SHORT))
        slower = rate
    return tuple(reversed(found))
