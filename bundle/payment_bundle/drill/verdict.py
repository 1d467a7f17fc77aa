"""Whether the right people heard of a drill's incident, and nobody else; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from payment_bundle.drill.drill import Drill, Expected
    from payment_bundle.drill.inbox import Arrival


@dataclass(frozen=True, slots=True)
class Told:
    """An expected alert, and when the last of its contact points had it: ``None`` where one never did."""

    expected: Expected
    contact_points: tuple[str, ...]
    at: datetime | None


def told(routing: Mapping[Expected, tuple[str, ...]], arrivals: Iterable[Arrival]) -> tuple[Told, ...]:
    """Return who was told of each expected alert."""
    seen: dict[tuple[str, str], datetime] = {}
    for item in arrivals:
        if item.fires:
            seen.setdefault((item.alert, item.contact_point), item.at)
    return tuple(
        Told(expected, points, _last([seen.get((expected.alert, point)) for point in points]))
        for expected, points in routing.items()
    )


def is_over(routing: Mapping[Expected, tuple[str, ...]], arrivals: Iterable[Arrival]) -> bool:
    """Return whether the newest word about each expected alert that was told of is, everywhere, that it has ended."""
    newest = {(item.alert, item.contact_point): item for item in arrivals}
    return not any(
        (item := newest.get((expected.alert, point))) is not None and item.fires
        for expected, points in routing.items()
        for point in points
    )


def wrong_pages(
    drill: Drill,
    routing: Mapping[Expected, tuple[str, ...]],
    arrivals: Iterable[Arrival],
    ignored: Collection[str] = (),
) -> tuple[str, ...]:
    """Return what came and must not have: alerts that nobody expects, and those expected at the wrong place.

    ``ignored`` may come at any time. A next level is called wrongly where no alert of the drill is its team's.
    """
    unexpected = set(ignored) - drill.alerts
    firing = [item for item in arrivals if item.fires and item.alert not in unexpected]
    teams = {item.label("team") for item in arrivals if item.alert in drill.alerts | unexpected}
    return tuple(dict.fromkeys(problem for item in firing for problem in _problems(drill, routing, teams, item)))


def _problems(
    drill: Drill, routing: Mapping[Expected, tuple[str, ...]], teams: set[str], item: Arrival
) -> Iterator[str]:
    team, priority = item.label("team"), item.label("priority")
    if item.calls_next_level:
        if team not in teams:
            yield f"{item.alert} calls a team that has nothing to do with it"
        return
    if item.alert not in drill.alerts:
        yield f"{item.alert} ({priority}, {team}) must not come"
        return
    for expected, points in routing.items():
        if expected.alert == item.alert:
            if (team, priority) != (expected.team, expected.priority):
                yield f"{item.alert} is {priority} of {team}, not {expected.priority} of {expected.team}"
            if item.contact_point not in points:
                yield f"{item.alert} arrived at {item.contact_point}, where it does not belong"


def _last(moments: list[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None
