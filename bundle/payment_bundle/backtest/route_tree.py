"""Alertmanager's tree of routes: which branch an alert takes, and when that branch speaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from payment_bundle.backtest.matchers import Matcher, all_match, parse_matchers
from payment_catalog.durations import parse_duration
from payment_catalog.mute_time import Weekday

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.mute_time import MuteTime

_WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Branch:
    """A route with what it inherits put in; ``wait`` and ``interval`` in seconds.

    ``wait`` is from the first alert of a group to its first message, ``interval`` between two looks at the group.
    """

    receiver: str
    matchers: tuple[Matcher, ...]
    group_by: tuple[str, ...]
    wait: int
    interval: int
    mute_times: tuple[MuteTime, ...]
    branches: tuple[Branch, ...]

    def of(self, labels: Mapping[str, str]) -> Branch:
        """Return the branch that an alert takes: the deepest of the first that matches at each fork."""
        for branch in self.branches:
            if all_match(branch.matchers, labels):
                return branch.of(labels)
        return self

    def is_muted(self, moment: int) -> bool:
        """Tell whether the branch says nothing at this Unix time."""
        return any(_covers(mute, moment) for mute in self.mute_times)


def parse_routes(route: Mapping[str, Any], mute_times: Mapping[str, MuteTime]) -> Branch:
    """Return the tree whose root is ``route``, as it stands in ``alertmanager.yml``."""
    return _branch({}, route, mute_times)


def _branch(above: Mapping[str, Any], route: Mapping[str, Any], mute_times: Mapping[str, MuteTime]) -> Branch:
    own = {**above, **route}
    # A branch does not inherit these of its trunk.
    inherited = {key: value for key, value in own.items() if key not in {"matchers", "mute_time_intervals", "routes"}}
    return Branch(
        receiver=own["receiver"],
        matchers=parse_matchers(route.get("matchers", ())),
        group_by=tuple(own["group_by"]),
        wait=_seconds(own["group_wait"]),
        interval=_seconds(own["group_interval"]),
        mute_times=tuple(mute_times[name] for name in route.get("mute_time_intervals", ())),
        branches=tuple(_branch(inherited, found, mute_times) for found in route.get("routes", ())),
    )


def _seconds(duration: str) -> int:
    return 0 if duration == "0s" else int(parse_duration(duration).total_seconds())


def _covers(mute: MuteTime, moment: int) -> bool:
    there = datetime.fromtimestamp(moment, ZoneInfo(mute.location))
    clock = f"{there:%H:%M}"
    return _WEEKDAYS[there.weekday()] in mute.weekdays and any(start <= clock < end for start, end in mute.ranges)
