"""Alerts that follow from a threshold of the catalogue: one for each of its levels that is set.

The scenarios feed values on both sides of the limit. They know how a value comes about (``Feed``), not
what the rule's expression is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.thresholds import Side, Threshold, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.escalation import Team
    from payment_catalog.incidents import IncidentKey

#: How Prometheus' templates show a value of a unit.
_SHOWN = {
    Unit.RATIO: "{{ $value | humanizePercentage }}",
    Unit.SECONDS: "{{ $value | humanizeDuration }}",
    Unit.STATE: "{{ $value }}",
}
#: How far from the limit "just" is: this share of the limit, or of the way to the end of the scale if shorter.
_JUST = 0.02
#: Longest window of the expressions behind a threshold, and then some.
_SETTLED = timedelta(minutes=10)
#: What it takes at most until two scrapes have shown a value, and a rule has seen it.
_NOTICED = timedelta(minutes=2)


class Feed(Protocol):
    """Makes the input series by which the signal takes ``value`` for ``minutes``."""

    def __call__(self, value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Return the series."""


@dataclass(frozen=True, slots=True)
class Level:
    """Name and priority of the alert at one level of a threshold."""

    name: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class ThresholdAlert:
    """What the alerts of one threshold have in common.

    ``subject`` names the thing in sentences. ``worst`` is the end of the scale on the bad side, ``best``
    on the good one; scenarios go towards both. ``labels`` are those that the firing alert gets from its
    series. ``settled`` is longer than the expression's longest window.
    """

    threshold: Threshold
    expr: str
    warning: Level
    critical: Level
    pending: timedelta
    team: Team
    incident: IncidentKey
    subject: str
    meaning: str
    impact: str
    feed: Feed
    labels: Mapping[str, str]
    best: float = 0
    worst: float = 1
    settled: timedelta = _SETTLED

    def alerts(self) -> tuple[Alert, ...]:
        """Return an alert for each level that is set, the milder first."""
        levels = (
            (self.warning, self.threshold.warning, Severity.WARNING),
            (self.critical, self.threshold.critical, Severity.CRITICAL),
        )
        return tuple(self._alert(level, limit, severity) for level, limit, severity in levels if limit is not None)

    def _alert(self, level: Level, limit: float, severity: Severity) -> Alert:
        side = self.threshold.bad.value
        return Alert(
            name=level.name,
            expr=f"{self.expr} {self.threshold.comparator} {number(limit)}",
            pending=self.pending,
            severity=severity,
            priority=level.priority,
            team=self.team,
            incident=self.incident,
            summary=f"{self.subject} of {{{{ $labels.job }}}} is {side} {_shown_limit(limit, self.threshold.unit)}",
            description=f"{self.threshold.title} in {{{{ $labels.environment }}}} is {_SHOWN[self.threshold.unit]}. "
            f"{self.threshold.source}.",
            meaning=self.meaning,
            impact=self.impact,
            scenarios=self._scenarios(limit),
        )

    def _scenarios(self, limit: float) -> tuple[Scenario, ...]:
        long = self.pending + self.settled * 2
        minutes = long // timedelta(minutes=1)
        bad = (self.labels,)
        just_bad = _just_towards(self.worst, limit)
        well_bad = limit + (self.worst - limit) * 0.5
        just_good = _just_towards(self.best, limit)
        well_good = limit + (self.best - limit) * 0.9
        if self.threshold.unit is Unit.STATE:
            just_bad = well_bad = self.worst
            just_good = well_good = self.best
        beyond, within = ("above", "below") if self.threshold.bad is Side.ABOVE else ("below", "above")
        return (
            Scenario(f"well {beyond} the limit", self.feed(well_bad, minutes), long, bad),
            Scenario(f"just {beyond} the limit", self.feed(just_bad, minutes), long, bad),
            Scenario(
                f"{beyond} the limit for as long as it takes",
                self.feed(well_bad, minutes),
                self.pending + _NOTICED,
                bad,
            ),
            Scenario(f"just {within} the limit", self.feed(just_good, minutes), long),
            Scenario(f"well {within} the limit", self.feed(well_good, minutes), long),
            Scenario(
                f"{beyond} the limit, but not for long enough",
                self.feed(well_bad, minutes),
                self.pending - timedelta(minutes=1),
            ),
            Scenario("no data", (), long),
        )


def _just_towards(end: float, limit: float) -> float:
    step = _JUST * min(abs(end - limit), limit)
    return limit + step if end > limit else limit - step


def _shown_limit(limit: float, unit: Unit) -> str:
    match unit:
        case Unit.RATIO:
            return f"{number(limit * 100)}%"
        case Unit.SECONDS:
            return f"{number(limit)}s"
    return number(limit)
