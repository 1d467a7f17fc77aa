"""Lines and colours of limits: those of the alerts that a panel is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_catalog.severities import Severity
from payment_catalog.thresholds import Side
from payment_dashboards.colours import CRITICAL, GOOD, WARNING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.thresholds import Threshold
    from payment_catalog.watching import WatchedAlert


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to two levels, in the panel's unit; on their side ``bad`` it is bad."""

    bad: Side = Side.ABOVE
    warning: float | None = None
    critical: float | None = None

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Grafana's steps, ascending: each colour holds from its value on, the first from below."""
        levels = [(self.warning, WARNING), (self.critical, CRITICAL)]
        limits = [(limit, colour) for limit, colour in levels if limit is not None]
        if self.bad is Side.ABOVE:
            return [{"color": GOOD, "value": None}, *({"color": colour, "value": limit} for limit, colour in limits)]
        colours = [colour for _, colour in reversed(limits)] + [GOOD]
        values = [None, *(limit for limit, _ in reversed(limits))]
        return [{"color": colour, "value": value} for colour, value in zip(colours, values, strict=True)]

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return self.warning is not None or self.critical is not None


NO_LIMITS = Limits()


def of_threshold(threshold: Threshold | None) -> Limits:
    """Return the limits of a threshold of the catalogue."""
    return Limits(threshold.bad, threshold.warning, threshold.critical) if threshold else NO_LIMITS


def of_alerts(alerts: Iterable[WatchedAlert]) -> Limits:
    """Return the limits that ``alerts`` compare with, which are all on one side: of each severity one.

    Raises ValueError for an alert that compares with no number, or on the other side.
    """
    levels: dict[bool, float] = {}
    sides = set()
    for alert in alerts:
        sides.add(alert.limit.bad)
        levels[alert.severity is Severity.CRITICAL] = alert.limit.value
    if not sides:
        return NO_LIMITS
    if len(sides) > 1:
        raise ValueError("the alerts of one panel are on both sides of their limits")
    return Limits(sides.pop(), levels.get(False), levels.get(True))
