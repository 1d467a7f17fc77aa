"""What is promised: the levels of a threshold, service level objectives, recovery."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field, field_validator

from payment_catalog.durations import Duration, format_duration
from payment_catalog.settings.section import Section, UnsoundError
from payment_catalog.thresholds import Side, Threshold


class Levels(Section):
    """The two levels of a threshold. Leave one out to keep the runbook's; ``null`` turns it off."""

    warning: float | None = Field(default=None, allow_inf_nan=False)
    """Beyond it the alert has severity warning."""
    critical: float | None = Field(default=None, allow_inf_nan=False)
    """Beyond it the alert has severity critical."""


def effective_threshold(threshold: Threshold, levels: Levels) -> Threshold:
    """Return ``threshold`` with the levels that ``levels`` names; raises UnsoundError where they are unsound."""
    chosen = {name: getattr(levels, name) for name in ("warning", "critical") if name in levels.model_fields_set}
    for name, value in chosen.items():
        if value is not None and not threshold.minimum <= value <= threshold.maximum:
            raise UnsoundError(
                (threshold.key, name),
                f"{value:g} is out of range; allowed is {threshold.minimum:g} to {threshold.maximum:g} "
                f"({threshold.unit})",
            )
    warning = chosen.get("warning", threshold.warning)
    critical = chosen.get("critical", threshold.critical)
    if warning is None and critical is None:
        raise UnsoundError((threshold.key,), "both levels are off; an alert needs at least one")
    if warning is not None and critical is not None:
        ordered = warning < critical if threshold.bad is Side.ABOVE else warning > critical
        if not ordered:
            order = "below" if threshold.bad is Side.ABOVE else "above"
            raise UnsoundError((threshold.key,), f"warning ({warning:g}) must be {order} critical ({critical:g})")
    return replace(threshold, warning=warning, critical=critical)


class Objectives(Section):
    """Service level objectives over a window."""

    window: Duration = timedelta(days=30)
    """Length of the rolling window: whole hours, from 7d to 90d."""
    success: float = Field(default=0.95, gt=0, lt=1)
    """Share of payments that succeed."""
    availability: float = Field(default=0.99, gt=0, lt=1)
    """Share of requests answered without a server error."""
    latency: float = Field(default=0.95, gt=0, lt=1)
    """Share of requests answered within the warning level of ``api_latency_p95``."""

    @field_validator("window")
    @classmethod
    def _windows_of_alerts_follow(cls, window: timedelta) -> timedelta:
        found = format_duration(window)
        if not timedelta(days=7) <= window <= timedelta(days=90):
            raise UnsoundError(
                (),
                f"{found} is out of range; allowed is 7d to 90d. The windows of burn rates are shares of it: of less, "
                "they are too short to hold anything; of more, Prometheus hardly keeps the data",
            )
        if window % timedelta(hours=1):
            raise UnsoundError((), f"{found} is no whole number of hours, which the window is summed up from")
        return window


class Recovery(Section):
    """Targets of business continuity."""

    point_objective: Duration = timedelta(minutes=15)
    """RPO: the age that the newest backup may reach."""
    time_objective: Duration = timedelta(hours=4)
    """RTO: how long an outage may last."""
