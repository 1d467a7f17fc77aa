"""What happens when: incidents spread over the weeks, none near another, and everyday life between them."""

from __future__ import annotations

import bisect
import itertools
import math
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.flow_season import DAY, OFFSET
from payment_bundle.backtest.kinds.kind import Hours
from payment_bundle.backtest.occurrence import Occurrence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payment_bundle.backtest.kinds.kind import Kind, LookAlike
    from payment_bundle.backtest.occurrence import Strength
    from payment_bundle.backtest.timeline import Timeline

#: Within so many weeks each kind happens at each strength, and so many incidents at least.
FULL_WEEKS, FEWEST = 8, 60
#: Nothing happens before rules have something to look back at.
_LEAD = timedelta(hours=6)
#: Between something harmless and anything else.
_APART = timedelta(minutes=10)
_HOUR = 3600
_TRIES = 200
_WEEKDAYS, _WORKING_DAYS = 7, 5
#: The hours of the customers' day within which something begins, and by which it is over where it can be.
_BEGINS = {Hours.ANY: (0, 24), Hours.BUSY: (9, 21), Hours.QUIET: (1, 5), Hours.OFFICE: (10, 17)}
_OVER = {Hours.BUSY: 22, Hours.QUIET: 6}


def plan(
    seed: int, timeline: Timeline, kinds: Sequence[Kind], look_alikes: Sequence[LookAlike], instances: int = 3
) -> tuple[Occurrence, ...]:
    """Return what happens, in order of time: the same for the same seed.

    Over ``FULL_WEEKS`` each kind happens at each strength, over fewer weeks as many as fit, of as many kinds as
    possible, over more weeks some again. An incident's time and its kind's ``recovery`` belong to it alone. What is
    harmless lies between; where there is no room on its day, it is left out.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(b"plan"),)))
    clock, taken = _Clock(timeline), _Taken()
    possible = [kind for kind in kinds if kind.instances <= instances]
    found = [*_incidents(_chosen(possible, clock, rng), clock, taken, rng), *_everyday(look_alikes, clock, taken, rng)]
    return tuple(sorted(found, key=lambda occurrence: occurrence.start))


@dataclass(frozen=True, slots=True)
class _Clock:
    """The days of the timeline by the customers' clock."""

    timeline: Timeline

    @property
    def days(self) -> int:
        return self.timeline.weeks * _WEEKDAYS + 1

    def weekday(self, day: int) -> int:
        """Return 0 for a Monday; the epoch began on a Thursday."""
        return (self._midnight(day) // DAY + 3) % _WEEKDAYS

    def start(self, day: int, hours: Hours, duration: int, rng: np.random.Generator) -> int:
        """Return a moment of that day, Unix time."""
        first, last = _BEGINS[hours]
        if hours in _OVER:
            last = max(first + 1, min(last, _OVER[hours] - math.ceil(duration / _HOUR)))
        local = self._midnight(day) + int(rng.integers(first * _HOUR, last * _HOUR))
        return local - int(OFFSET.total_seconds())

    def working(self, day: int, hours: Hours) -> bool:
        """Return whether something with these ``hours`` may begin on that day."""
        return hours is not Hours.OFFICE or self.weekday(day) < _WORKING_DAYS

    def _midnight(self, day: int) -> int:
        """Return the day's beginning in seconds of the local clock."""
        return ((self.timeline.start + int(OFFSET.total_seconds())) // DAY + day) * DAY


@dataclass(slots=True)
class _Taken:
    """Spans of time that are somebody's, none over another."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def take(self, start: int, end: int) -> bool:
        """Take [``start``, ``end``) where it is free; return whether it was."""
        position = bisect.bisect_right(self.starts, start)
        if position and self.ends[position - 1] > start:
            return False
        if position < len(self.starts) and self.starts[position] < end:
            return False
        self.starts.insert(position, start)
        self.ends.insert(position, end)
        return True


def _seconds(duration: timedelta) -> int:
    return round(duration.total_seconds())


def _earliest(kind: Kind, timeline: Timeline) -> int:
    return timeline.start + max(_seconds(_LEAD), _seconds(kind.after))


def _chosen(kinds: Sequence[Kind], clock: _Clock, rng: np.random.Generator) -> list[tuple[Kind, Strength]]:
    """Return kinds and strengths, each kind once before any comes a second time at another strength."""
    timeline = clock.timeline
    every: list[tuple[Kind, Strength]] = []
    strengths = [list(rng.permutation(len(kind.levels))) for kind in kinds]
    for turn in range(max((len(kind.levels) for kind in kinds), default=0)):
        for position in rng.permutation(len(kinds)):
            kind, order = kinds[position], strengths[position]
            if turn < len(order):
                every.append((kind, list(kind.levels)[order[turn]]))
    wanted = math.ceil(max(len(every), FEWEST) * timeline.weeks / FULL_WEEKS)
    fitting = [
        (kind, strength)
        for kind, strength in every
        if _earliest(kind, timeline) + _seconds(kind.levels[strength].duration + kind.recovery) < timeline.end
    ]
    return list(itertools.islice(itertools.cycle(fitting), wanted))


def _incidents(
    chosen: Sequence[tuple[Kind, Strength]], clock: _Clock, taken: _Taken, rng: np.random.Generator
) -> Iterator[Occurrence]:
    """Return the incidents, the long ones placed first; one for which no room is found is left out."""
    for kind, strength in sorted(chosen, key=lambda pair: -(pair[0].levels[pair[1]].duration + pair[0].recovery)):
        level = kind.levels[strength]
        duration = _seconds(level.duration)
        for _ in range(_TRIES):
            day = int(rng.integers(clock.days))
            start = clock.start(day, level.hours, duration, rng)
            end = start + duration + _seconds(kind.recovery)
            if (
                clock.working(day, level.hours)
                and _earliest(kind, clock.timeline) <= start
                and end <= clock.timeline.end
                and taken.take(start, end)
            ):
                yield Occurrence(
                    kind.name,
                    start,
                    start + duration,
                    strength,
                    kind.incident,
                    level.priority,
                    kind.alerts if level.alerts is None else level.alerts,
                    level.spends,
                )
                break


def _everyday(
    look_alikes: Sequence[LookAlike], clock: _Clock, taken: _Taken, rng: np.random.Generator
) -> Iterator[Occurrence]:
    """Return what is harmless, each time of a week on another day."""
    for look_alike, week in itertools.product(look_alikes, range(clock.timeline.weeks)):
        number = int(look_alike.per_week + rng.random())
        days = [day for day in range(week * 7, week * 7 + 7) if clock.working(day, look_alike.hours)]
        tried = (_on_day(day, look_alike, clock, taken, rng) for day in rng.permutation(days).tolist())
        yield from itertools.islice((found for found in tried if found is not None), number)


def _on_day(
    day: int, look_alike: LookAlike, clock: _Clock, taken: _Taken, rng: np.random.Generator
) -> Occurrence | None:
    apart, duration = _seconds(_APART), _seconds(look_alike.duration)
    for _ in range(_TRIES):
        start = clock.start(day, look_alike.hours, duration, rng)
        inside = clock.timeline.start + _seconds(_LEAD) <= start <= clock.timeline.end - duration
        if inside and taken.take(start - apart, start + duration + apart):
            return Occurrence(look_alike.name, start, start + duration)
    return None
