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
    """Up to two levels, in the panel's unit; on their side ``bad`` it is bad.

    ``opposite`` is a warning on the other side, for what may be neither little nor much.
    """

    bad: Side = Side.ABOVE
    warning: float | None = None
    critical: float | None = None
    opposite: float | None = None

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Grafana's steps, ascending: each colour holds from its value on, the first from below."""
        levels = [(self.warning, WARNING), (self.critical, CRITICAL)]
        limits = [(limit, colour) for limit, colour in levels if limit is not None]
        opposite = [(self.opposite, WARNING)] if self.opposite is not None else []
        above, below = (limits, opposite) if self.bad is Side.ABOVE else (opposite, limits)
        ascending = below[::-1]
        colours = [*(colour for _, colour in ascending), GOOD, *(colour for _, colour in above)]
        values = [None, *(limit for limit, _ in ascending), *(limit for limit, _ in above)]
        return [{"color": colour, "value": value} for colour, value in zip(colours, values, strict=True)]

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return (self.warning, self.critical, self.opposite) != (None, None, None)


NO_LIMITS = Limits()


def of_threshold(threshold: Threshold | None) -> Limits:
    """Return the limits of a threshold of the catalogue."""
    return Limits(threshold.bad, threshold.warning, threshold.critical) if threshold else NO_LIMITS


def of_alerts(alerts: Iterable[WatchedAlert]) -> Limits:
    """Return the limits that ``alerts`` compare with: of each severity one, on the other side than the first a warning.

    Raises ValueError for an alert that compares with no number, or a critical one on the other side.
    """
    watched = tuple(alerts)
    if not watched:
        return NO_LIMITS
    bad = watched[0].limit.bad
    levels: dict[bool, float] = {}
    opposite = None
    for alert in watched:
        critical = alert.severity is Severity.CRITICAL
        if alert.limit.bad is bad:
            levels[critical] = alert.limit.value
        elif critical:
            raise ValueError(f"{alert.name} is critical, and on the other side than {watched[0].name}")
        else:
            opposite = alert.limit.value
    return Limits(bad, levels.get(False), levels.get(True), opposite)
