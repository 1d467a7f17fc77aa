"""Alerts that follow from a threshold of the catalogue: one for each of its levels that is set.

The scenarios feed values on both sides of the limit. They know how a value comes about (``Feed``), not
what the rule's expression is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.changing import Changing
from payment_alerts.going_on import LASTED, MEANING, OUTLASTED, going_on_scenarios
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.thresholds import Side, Threshold, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_alerts.feed import Feed
    from payment_alerts.going_on import GoingOn
    from payment_catalog.escalation import Team
    from payment_catalog.incident import AnyIncidentKey
    from payment_catalog.log_streams import LogView

#: How Prometheus' templates show a value of a unit.
_SHOWN = {
    Unit.RATIO: "{{ $value | humanizePercentage }}",
    Unit.SECONDS: "{{ $value | humanizeDuration }}",
    Unit.STATE: "{{ $value }}",
}
#: How far from the limit "just" is: this share of the way to the nearer end of the scale.
_JUST = 0.02
_MINUTE = timedelta(minutes=1)


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
    series, ``beside`` those of others that fire with it by the same feed. ``window`` is that of the rates in the
    expression, zero where it reads gauges. ``is_compared_as_published`` tells of a gauge that is not computed with, so
    that it can be the limit itself. ``also`` are scenarios at every level, beside those that follow from the limit.
    ``settled`` is for a value that comes about only slowly: longer than the longest window; what is shown then is the
    value at rest. ``provided`` is what must have a result besides, which it has ``since`` the series have been there.
    ``summary`` replaces the usual sentence, ``logs`` what the incident has of logs. ``going_on`` tells for a limit
    which bad events must go on; ``worst`` is then that all events of ``feed``, ``per_minute``, are bad.
    """

    threshold: Threshold
    expr: str
    warning: Level
    critical: Level
    pending: timedelta
    team: Team
    incident: AnyIncidentKey
    subject: str
    meaning: str
    impact: str
    feed: Feed
    labels: Mapping[str, str]
    best: float = 0
    worst: float = 1
    settled: timedelta = timedelta(0)
    provided: str = ""
    since: timedelta = timedelta(0)
    window: timedelta = timedelta(0)
    keep_firing: timedelta = timedelta(0)
    is_compared_as_published: bool = False
    beside: tuple[Mapping[str, str], ...] = ()
    also: tuple[Scenario, ...] = ()
    summary: str = ""
    logs: LogView | None = None
    going_on: Callable[[float], GoingOn] | None = None
    per_minute: float = 0

    def alerts(self) -> tuple[Alert, ...]:
        """Return an alert for each level that is set, the milder first."""
        levels = (
            (self.warning, self.threshold.warning, Severity.WARNING),
            (self.critical, self.threshold.critical, Severity.CRITICAL),
        )
        return tuple(self._alert(level, limit, severity) for level, limit, severity in levels if limit is not None)

    @property
    def _firing(self) -> tuple[Mapping[str, str], ...]:
        return self.labels, *self.beside

    def _beyond(self, limit: float) -> str:
        return f"{self.expr} {self.threshold.comparator} {number(limit)}"

    def _alert(self, level: Level, limit: float, severity: Severity) -> Alert:
        side = self.threshold.bad.value
        beyond = self._beyond(limit)
        begun = beyond if self.threshold.warning is None else self._beyond(self.threshold.warning)
        conditions = (self.going_on(limit).condition(beyond, begun) if self.going_on else "", self.provided)
        return Alert(
            name=level.name,
            expr=" and ".join((beyond, *filter(None, conditions))),
            pending=self.pending,
            severity=severity,
            priority=level.priority,
            team=self.team,
            incident=self.incident,
            summary=self.summary
            or f"{self.subject} of {{{{ $labels.job }}}} is {side} {_shown_limit(limit, self.threshold.unit)}",
            description=f"{self.threshold.title} in {{{{ $labels.environment }}}} is {_SHOWN[self.threshold.unit]}. "
            f"{self.threshold.source}.",
            meaning=f"{self.meaning} {MEANING}" if self.going_on else self.meaning,
            impact=self.impact,
            scenarios=self._scenarios(limit),
            keep_firing=self.keep_firing,
            logs=self.logs,
        )

    def _scenarios(self, limit: float) -> tuple[Scenario, ...]:
        if self.settled:
            return self._at_rest(limit)
        well_bad, just_bad, just_good, well_good = self._values(limit)
        if self.going_on and self.threshold.warning is not None:
            # At a milder limit it has not begun either.
            well_good = self._values(self.threshold.warning)[-1]
        # The second sample of a counter shows its pace.
        soonest = self.pending + (_MINUTE if self.window else timedelta(0))
        soonest += LASTED if self.going_on else timedelta(0)
        later = soonest + 5 * _MINUTE
        beyond, within = ("above", "below") if self.threshold.bad is Side.ABOVE else ("below", "above")

        def steady(value: float) -> tuple[InputSeries, ...]:
            return self.feed(value, later // _MINUTE)

        return (
            Scenario(f"well {beyond} the limit for just as long as it takes", steady(well_bad), soonest, self._firing),
            Scenario(f"well {beyond} the limit, but not for long enough", steady(well_bad), soonest - _MINUTE),
            *self._changing(f"just {beyond} the limit", well_good, just_bad, later),
            *((Scenario("exactly at the limit", steady(limit), later),) if self.is_compared_as_published else ()),
            Scenario(f"just {within} the limit", steady(just_good), later),
            Scenario("as good as can be", steady(self.best), later),
            Scenario("no data", (), later),
            *self._going_on(well_good),
            *self.also,
        )

    def _going_on(self, well_good: float) -> tuple[Scenario, ...]:
        if not self.going_on:
            return ()
        return going_on_scenarios(self.feed, well_good, (self.worst, self.per_minute), self._firing)

    def _at_rest(self, limit: float) -> tuple[Scenario, ...]:
        well_bad, just_bad, just_good, well_good = self._values(limit)
        beyond, within = ("above", "below") if self.threshold.bad is Side.ABOVE else ("below", "above")
        soonest, long = self.since + self.pending, self.pending + 2 * self.settled

        def resting(value: float) -> tuple[InputSeries, ...]:
            return self.feed(value, long // _MINUTE)

        return (
            Scenario(f"well {beyond} the limit", resting(well_bad), soonest + 2 * _MINUTE, self._firing),
            Scenario(f"well {beyond} the limit, but not for long enough", resting(well_bad), soonest - _MINUTE),
            Scenario(f"just {beyond} the limit", resting(just_bad), long, self._firing),
            Scenario(f"just {within} the limit", resting(just_good), long),
            Scenario(f"well {within} the limit", resting(well_good), long),
            Scenario("no data", (), long),
            *self.also,
        )

    def _values(self, limit: float) -> tuple[float, float, float, float]:
        """Return values well and just beyond ``limit``, just and well within it."""
        if self.threshold.unit is Unit.STATE:
            return self.worst, self.worst, self.best, self.best
        step = _JUST * min(abs(self.worst - limit), abs(self.best - limit))
        just = step if self.worst > limit else -step
        return (
            limit + (self.worst - limit) * 0.5,
            limit + just,
            limit - just,
            limit + (self.best - limit) * 0.9,
        )

    def _changing(self, title: str, well_good: float, just_bad: float, later: timedelta) -> tuple[Scenario, ...]:
        """Return scenarios of a value just beyond the limit, called ``title``, and of its end."""
        good, bad = partial(self.feed, well_good), partial(self.feed, just_bad)
        confirmed = OUTLASTED if self.going_on else timedelta(0)
        changing = Changing(good, bad, self.pending, self.window, self._firing, confirmed)
        return (
            *(
                changing.passing(title)
                if self.window
                else (Scenario(title, bad(later // _MINUTE), later, self._firing),)
            ),
            *(changing.swinging() if self.keep_firing else changing.recovering()),
        )


def _shown_limit(limit: float, unit: Unit) -> str:
    match unit:
        case Unit.RATIO:
            return f"{number(limit * 100)}%"
        case Unit.SECONDS:
            return f"{number(limit)}s"
    return number(limit)
