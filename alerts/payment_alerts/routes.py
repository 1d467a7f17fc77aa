"""Where an alert goes: the tree of routes, and the receivers that it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from payment_catalog.durations import format_duration
from payment_catalog.escalation import ESCALATION_MATRIX, EscalationLevel
from payment_catalog.settings.contact_points import PagerDutyContact
from payment_catalog.severities import SEVERITY_LEVELS, Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.escalation import Team
    from payment_catalog.settings import Settings

#: The alert that always fires.
WATCHDOG = "Watchdog"
#: Alerts of one incident make one message.
_GROUP_BY = ["environment", "namespace", "incident"]
#: How long the first message waits for its companions: no longer than a response time can spare.
_GROUP_WAIT = {Priority.P0: "10s", Priority.P1: "10s", Priority.P2: "1m", Priority.P3: "5m"}
#: Priority that decides for an environment that wakes nobody.
_QUIET = Priority.P3

Route = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver, and the names of the contact points that it tells."""

    name: str
    contacts: tuple[str, ...]


def priority_receiver(settings: Settings, priority: Priority, team: Team | None = None) -> Receiver:
    """Return who hears of a priority; of a priority of a team, those of the team in addition."""
    names = settings.routing.priorities[priority]
    if team not in settings.routing.teams:
        return Receiver(priority.lower(), names)
    return Receiver(f"{priority.lower()}-{team}", (*names, *settings.routing.teams[team]))


def escalation_receiver(settings: Settings, team: Team, level: EscalationLevel, priority: Priority) -> Receiver:
    """Return who hears that a level of a team is called for an incident of that priority.

    A pager is left out for a priority that has none itself: an incident gets no louder than it was. A level for which
    that leaves nobody is called where the priority goes.
    """
    name, names = f"{level.lower()}-{team}", settings.routing.escalation.get(team, {}).get(level, ())
    quiet = _without_pagers(settings, names)
    own = settings.routing.priorities[priority]
    if names and (quiet == names or _without_pagers(settings, own) != own):
        return Receiver(name, names)
    return Receiver(f"{name}-unpaged", quiet) if quiet else priority_receiver(settings, priority, team)


def watchdog_receiver(settings: Settings) -> Receiver:
    """Return who is told every minute that alerts get through; without a dead man's switch, nobody."""
    switch = settings.routing.dead_mans_switch
    return Receiver("dead-mans-switch", (switch,)) if switch else Receiver("blackhole", ())


def receivers(settings: Settings) -> tuple[Receiver, ...]:
    """Return every receiver that a route leads to."""
    return (watchdog_receiver(settings), *receivers_of_incidents(settings))


def receivers_of_incidents(settings: Settings) -> tuple[Receiver, ...]:
    """Return the same without that of the alert that always fires."""
    teams = settings.routing.teams
    found = (
        *(escalation_receiver(settings, *called, priority) for called in _called(settings) for priority in Priority),
        *(priority_receiver(settings, priority, team) for priority in Priority for team in (None, *teams)),
    )
    return tuple({receiver.name: receiver for receiver in found}.values())


def routes(settings: Settings) -> Route:
    """Return the root of the tree. An alert takes the first branch that it matches."""
    tree = routes_of_incidents(settings)
    return {**tree, "routes": [route_of_watchdog(settings), *tree["routes"]]}


def routes_of_incidents(settings: Settings) -> Route:
    """Return the same tree without the branch of the alert that always fires."""
    return {
        "receiver": priority_receiver(settings, _QUIET).name,
        "group_by": _GROUP_BY,
        "group_wait": _GROUP_WAIT[_QUIET],
        "group_interval": "5m",
        "repeat_interval": _repeat(_QUIET),
        "routes": [
            *_quiet_environments(settings),
            *(_escalation(settings, *called) for called in _called(settings)),
            *(_priority(settings, priority) for priority in Priority),
        ],
    }


def time_intervals(settings: Settings) -> list[dict[str, Any]]:
    """Return the times at which a route is muted."""
    return [
        {
            "name": name,
            "time_intervals": [
                {
                    "weekdays": list(map(str, mute.weekdays)),
                    "times": [{"start_time": start, "end_time": end} for start, end in mute.ranges],
                    "location": mute.location,
                }
            ],
        }
        for name, mute in settings.routing.mute_times.items()
    ]


def route_of_watchdog(settings: Settings) -> Route:
    """Return the branch of the alert that always fires."""
    return {
        "receiver": watchdog_receiver(settings).name,
        "matchers": [f'alertname="{WATCHDOG}"'],
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "1m",
    }


def _quiet_environments(settings: Settings) -> Iterator[Route]:
    quiet = settings.quiet_environments
    if quiet:
        yield {
            "receiver": priority_receiver(settings, _QUIET).name,
            "matchers": [f'environment=~"{"|".join(quiet)}"'],
            **_muted(settings, _QUIET),
        }


def _escalation(settings: Settings, team: Team, level: EscalationLevel) -> Route:
    """Return the branch of a level of a team, in which other receivers and mute times make branches of their own."""
    usual = escalation_receiver(settings, team, level, Priority.P0).name
    branches = [
        {"receiver": name, "matchers": [f'priority="{priority}"'], **_muted(settings, priority)}
        for priority in Priority
        if (name := escalation_receiver(settings, team, level, priority).name) != usual or _muted(settings, priority)
    ]
    return {
        "receiver": usual,
        "matchers": [f'level="{level}"', f'team="{team}"'],
        "group_wait": _GROUP_WAIT[Priority.P0],
        "repeat_interval": format_duration(ESCALATION_MATRIX[team].after),
        **({"routes": branches} if branches else {}),
    }


def _priority(settings: Settings, priority: Priority) -> Route:
    muted = _muted(settings, priority)
    teams = [
        {"receiver": priority_receiver(settings, priority, team).name, "matchers": [f'team="{team}"'], **muted}
        for team in settings.routing.teams
    ]
    return {
        "receiver": priority_receiver(settings, priority).name,
        "matchers": [f'priority="{priority}"'],
        "group_wait": _GROUP_WAIT[priority],
        "repeat_interval": _repeat(priority),
        **muted,
        **({"routes": teams} if teams else {}),
    }


def _called(settings: Settings) -> tuple[tuple[Team, EscalationLevel], ...]:
    """Return each level that has contact points of its own."""
    escalation = settings.routing.escalation
    return tuple((team, level) for team in escalation for level in EscalationLevel if escalation[team].get(level))


def _repeat(priority: Priority) -> str:
    """Return the runbook's response time: who has not responded by then is told again; at least half an hour."""
    return format_duration(max(SEVERITY_LEVELS[priority].response, timedelta(minutes=30)))


def _muted(settings: Settings, priority: Priority) -> Route:
    """Return the mute times of a priority; a branch does not inherit those of its trunk."""
    names = [name for name, mute in settings.routing.mute_times.items() if priority in mute.priorities]
    return {"mute_time_intervals": names} if names else {}


def _without_pagers(settings: Settings, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not isinstance(settings.contact_points[name], PagerDutyContact))
