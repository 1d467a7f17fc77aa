"""Service level objectives and recovery objectives of the runbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_catalog.settings import Settings


@dataclass(frozen=True, slots=True)
class Objective:
    """Share of events (0–1) that must be good over ``window``."""

    key: str
    title: str
    description: str
    target: float
    window: timedelta

    @property
    def error_budget(self) -> float:
        """Share of events that may be bad."""
        return 1 - self.target


def objectives(settings: Settings) -> tuple[Objective, ...]:
    """Return the service level objectives with this file's targets."""
    chosen = settings.objectives
    return (
        Objective("success", "Payments succeed", "Payments that succeed", chosen.success, chosen.window),
        Objective(
            "availability",
            "Requests are answered",
            "Requests answered without a server error",
            chosen.availability,
            chosen.window,
        ),
        Objective(
            "latency",
            "Requests are answered in time",
            "Requests answered within the warning level of the API response time",
            chosen.latency,
            chosen.window,
        ),
    )
