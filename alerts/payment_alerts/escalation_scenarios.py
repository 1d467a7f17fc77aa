"""Incidents that go on, as Prometheus' own series tell of them: some long enough for an escalation, some not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from payment_alerts.alert import InputSeries, Scenario
from payment_alerts.scenario_series import absent, selector, steady, then
from payment_catalog.escalation import Team, escalation_after
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_alerts.alert import Alert
    from payment_catalog.catalog import Catalog
    from payment_catalog.escalation import EscalationLevel

_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_SOON = 2 * _MINUTE
_DAYS = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An alert with the labels of one thing that it fires for."""

    name: str
    labels: Mapping[str, str]
    pending: timedelta

    @property
    def team(self) -> Team:
        """The label as such."""
        return Team(self.labels["team"])

    @property
    def firing(self) -> dict[str, str]:
        """The labels that its escalation gets from the series."""
        return {name: self.labels[name] for name in ("environment", "namespace", "incident", "priority")}

    def time(self, level: EscalationLevel) -> timedelta:
        """Return how long it goes on before ``level`` is called."""
        return escalation_after(self.team, Priority(self.labels["priority"]), level)

    def labelled(self, **labels: str) -> Occurrence:
        """Return the same with other labels."""
        return replace(self, labels={**self.labels, **labels})

    def series(self, *phases: tuple[timedelta | None, int], state: str = "firing") -> tuple[InputSeries, ...]:
        """Return what Prometheus stores about it in phases of so many minutes.

        In each it has been firing since a time after the beginning of the test, mostly a negative one; with None it
        does not.
        """
        states, starts = [], []
        for since, minutes in phases:
            if since is None:
                states.append(over := then("stale", absent(minutes - 1)))
                starts.append(over)
            else:
                states.append(steady(1, minutes - 1))
                starts.append(steady((since - self.pending).total_seconds(), minutes - 1))
        named = {"alertname": self.name, **self.labels}
        return (
            InputSeries(selector(ALERTS.name, {**named, "alertstate": state}), then(*states)),
            InputSeries(selector(ALERTS_FOR_STATE.name, named), then(*starts)),
        )

    def for_so_long(self, age: timedelta, state: str = "firing") -> tuple[InputSeries, ...]:
        """Return what Prometheus stores when it has been firing for ``age`` after two minutes."""
        return self.series((_SOON - age, 4), state=state)


@dataclass(frozen=True, slots=True)
class Stories:
    """What can happen to a bundle's alerts: ``told`` are those that people are told of, ``untold`` only inform.

    Each alert fires in a namespace of its own, so that it is an incident by itself.
    """

    catalog: Catalog
    environment: str
    told: tuple[Alert, ...]
    untold: tuple[Alert, ...]

    def of(self, team: Team, level: EscalationLevel) -> tuple[Scenario, ...]:
        """Return the scenarios of one escalation."""
        alerts = tuple(map(self._occurrence, self.told))
        first = {found.team: found for found in reversed(alerts)}
        alike = tuple(_at(priority, found) for found in first.values() for priority in Priority)
        theirs = tuple(found for found in (*alerts, *alike) if found.team is team)
        one = _at(Priority.P1, first[team])
        return (
            _scenario(
                "each alert goes on for as long as is left to those who were told",
                *(found.for_so_long(found.time(level)) for found in theirs),
                escalated=theirs,
            ),
            _scenario(
                "each alert goes on for a second less",
                *(found.for_so_long(time - _SECOND) for found in theirs if (time := found.time(level))),
            ),
            _scenario(
                "an alert of each priority goes on for days",
                *(found.for_so_long(_DAYS) for found in alike if found.team is team),
                escalated=tuple(found for found in alike if found.team is team),
            ),
            _scenario("an alert is pending", one.for_so_long(_DAYS, "pending")),
            _scenario(
                "alerts of other teams go on for days",
                *(found.for_so_long(_DAYS) for found in alike if found.team is not team),
            ),
            _scenario(
                "what only informs, another program's alert and an escalation go on for days",
                *(self._occurrence(alert).for_so_long(_DAYS) for alert in self.untold),
                replace(one, name="AnotherProgramIsDown").for_so_long(_DAYS),
                one.labelled(level=level.value).for_so_long(_DAYS),
            ),
            *self._quiet(one),
            _scenario("an alert that went on for days is resolved", one.series((-_DAYS, 2), (None, 2))),
            *_over_time(one, level),
            _scenario("nothing fires"),
        )

    def _occurrence(self, alert: Alert) -> Occurrence:
        """Return the alert as its first scenario makes it fire, with the labels that matter."""
        firing = next(scenario.firing[0] for scenario in alert.scenarios if scenario.firing)
        labels = {**firing, **alert.labels(self.catalog)}
        labels = {name: labels[name] for name in ("team", "incident", "priority")}
        where = {"environment": self.environment, "namespace": alert.name.lower()}
        return Occurrence(alert.name, {**where, **labels}, alert.pending)

    def _quiet(self, one: Occurrence) -> Iterator[Scenario]:
        for name in self.catalog.settings.quiet_environments:
            series = one.labelled(environment=name).for_so_long(_DAYS)
            yield _scenario(f"an alert of {name}, which wakes nobody, goes on for days", series)


def _over_time(one: Occurrence, level: EscalationLevel) -> tuple[Scenario, ...]:
    """Return what happens to an alert that does not fire all the time."""
    at, again = 10 * _MINUTE, 20 * _MINUTE
    long_ago = at - one.time(level)
    another = one.labelled(instance="another:1")
    return (
        _scenario(
            "Prometheus has been restarted, and has forgotten when the alert began",
            one.series((long_ago, 2), (None, 8), (at, 2)),
            at=at,
            escalated=(one,),
        ),
        _scenario(
            "of two alerts of the incident, the older one is resolved",
            one.series((None, 1), (_MINUTE, 11)),
            another.series((None, 3), (long_ago, 4), (None, 5)),
            at=at,
            escalated=(one,),
        ),
        _scenario(
            "the alert fires anew, a while after it was resolved",
            one.series((again - _DAYS, 2), (None, 18), (again, 4)),
            at=again + _SOON,
        ),
    )


def _at(priority: Priority, found: Occurrence) -> Occurrence:
    return found.labelled(priority=priority.value, namespace=f"{found.team}-{priority.lower()}")


def _scenario(
    title: str, *series: tuple[InputSeries, ...], at: timedelta = _SOON, escalated: tuple[Occurrence, ...] = ()
) -> Scenario:
    return Scenario(title, tuple(chain.from_iterable(series)), at, tuple(found.firing for found in escalated))
