"""Scenarios of a burn-rate alert: each of its two tiers alone, on both sides of each of its limits.

They know how fast a budget burns and how far back a tier looks, not how a rule sums its windows up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Scenario
from payment_alerts.slo.traffic import Phase
from payment_catalog.burn_rates import FEWEST_ERRORS, HOUR, PENDING
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_alerts.slo.traffic import Feed
    from payment_catalog.burn_rates import Tier
    from payment_catalog.slos import Objective

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
#: Events a minute of a busy day: so many that even a strict objective lets whole events be bad.
_BUSY = 1_000_000
#: How far from a limit "just" is, as a share of it.
_JUST = 0.02
#: How many times as many events a healthy time has as what came after it, so that it outweighs that.
_OUTWEIGHS = 20
#: Minutes between two evaluations of the rules.
_PACES = (5, 10, 15, 30, 60, 120)


def scenarios(
    objective: Objective, tiers: tuple[Tier, ...], feed: Feed, labels: Mapping[str, str]
) -> tuple[Scenario, ...]:
    """Return the proof of an alert that combines two ``tiers``, the faster first.

    Long ones evaluate the rules seldom: what a window forgets shows on its outline. That every minute counts is shown
    by the short ones.
    """
    fast, slow = tiers

    def scenario(title: str, *phases: Phase, fires: bool = False, unborn: int = 0, every: int = 5) -> Scenario:
        minutes = unborn + sum(phase.minutes for phase in phases)
        return Scenario(title, feed(phases, unborn), minutes * _MINUTE, (labels,) if fires else (), every * _MINUTE)

    def only(tier: Tier, other: Tier) -> tuple[Scenario, ...]:
        alone = _Alone(tier, other, objective.error_budget)
        long, short = format_duration(tier.long), format_duration(tier.short)
        enough, too_few = FEWEST_ERRORS * 1.05, FEWEST_ERRORS * 0.95
        return (
            scenario(f"just too fast over {long} and {short}", *alone.both(), fires=True, every=alone.every),
            scenario(f"fast over {short}, just not over {long}", *alone.not_long(), every=alone.every),
            scenario(f"fast over {long}, just not over {short}", *alone.not_short(), every=alone.every),
            scenario(f"few events in {long}, and enough of them are bad", *alone.few(enough), fires=True),
            scenario(f"few events in {long}, and just not enough of them are bad", *alone.few(too_few)),
        )

    # The longer a window, the more seldom it moves.
    noticed = 1 if fast.long <= HOUR else 5 if fast.long <= _DAY else 60
    lasting = noticed + PENDING // _MINUTE
    outage = Phase(lasting + 1, 0, _BUSY)
    healthy = Phase(20, _BUSY, _BUSY * slow.rate * objective.error_budget / 2)
    return (
        scenario("nothing succeeds, for just as long as it takes", outage, fires=True, every=1),
        scenario("nothing succeeds, but not for long enough", Phase(lasting - 1, 0, _BUSY), every=1),
        *only(fast, slow),
        *only(slow, fast),
        scenario("nothing has ever failed", Phase(20, _BUSY)),
        scenario("no traffic", Phase(20)),
        Scenario("no data", (), 15 * _MINUTE, every=5 * _MINUTE),
        scenario("a restart of a healthy service", healthy, Phase(2, restart=True), healthy, Phase(3)),
        scenario("just deployed, and some of its first events are bad", Phase(3, 2, 1), Phase(7), unborn=10),
    )


@dataclass(frozen=True, slots=True)
class _Alone:
    """Traffic at which one tier of an alert holds or just does not, and the ``other`` does not.

    Times are minutes. Going back from the end there are

    - *recent* events, which fill the short window and, where there is room, the one before it;
    - a *clean* time that outweighs them: it keeps the short window of a slower tier low;
    - an *earlier* time in the older half of the long window, which decides what that burns;
    - an *old* time, which the long window has just forgotten.

    A window that were half or twice as long would come to another end.
    """

    tier: Tier
    other: Tier
    budget: float

    @property
    def every(self) -> int:
        """How far apart evaluations are: so that the short window holds two, but never less than the shortest one."""
        return max(pace for pace in _PACES if pace <= max(_minutes(self.tier.short) / 2, _PACES[0]))

    def both(self) -> tuple[Phase, ...]:
        """Return a burn that is just too fast over both windows, after good times that are forgotten."""
        return self._remembering(self.tier.rate * (1 + _JUST), self.tier.rate * (1 + _JUST), old_is_bad=False)

    def not_long(self) -> tuple[Phase, ...]:
        """Return a burn that is too fast of late, but not over the long window, after an outage that is forgotten."""
        return self._remembering(self.tier.rate * (1 - _JUST), self._well_above, old_is_bad=True)

    def not_short(self) -> tuple[Phase, ...]:
        """Return an outage that the long windows remember and the short ones do not."""
        recent = self._recent(self.tier.rate * (1 - _JUST))
        clean = self._clean(recent)
        since = clean.minutes + _lasting(recent)
        pause = max(_minutes(self.other.short) + self.every - since, 0) if self._is_faster else 0
        outage = Phase(2 * self.every, 0, 100 * _events(clean) / self.every)
        return (outage, *_pause(self._paced(pause)), clean, *recent)

    def few(self, bad: float) -> tuple[Phase, ...]:
        """Return ``bad`` bad events that are over, and hardly any others."""
        if not self._is_faster:
            share = (self.tier.rate + self.other.rate) / 2 * self.budget
            before, lasting, after = (10, 40, 20) if self.tier.short >= HOUR else (5, 10, 10)
            good = bad * (1 / share - 1)
            return (Phase(before, good / before), Phase(lasting, 0, bad / lasting), Phase(after))
        if self.other.long <= _DAY:
            # The slower tier remembers a good time that the faster one has forgotten.
            long = _minutes(self.tier.long)
            return (Phase(5, _BUSY / 10), Phase(long + 5), Phase(10, 0, bad / 10), Phase(10, 0, bad / 1000))
        if self.tier.long <= _DAY:
            # The longest windows move once an hour: that of the slower tier has not moved yet.
            return (Phase(10), Phase(30, 0, bad / 30), Phase(10))
        return (Phase(10), Phase(40, 0, bad / 40), Phase(20))

    @property
    def _is_faster(self) -> bool:
        return self.tier.rate > self.other.rate

    @property
    def _well_above(self) -> float:
        """A rate above that of the tier at which the other one does not hold, even where everything is recent."""
        if self._is_faster:
            return min(self.tier.rate * 2, (self.tier.rate + 1 / self.budget) / 2)
        return (self.tier.rate + self.other.rate) / 2

    def _remembering(self, long_rate: float, short_rate: float, *, old_is_bad: bool) -> tuple[Phase, ...]:
        recent = self._recent(short_rate)
        clean = self._clean(recent)
        good = _events(clean)
        bad_recently = sum(phase.minutes * phase.bad for phase in recent)
        share = long_rate * self.budget
        bad = (share * (2 * good + sum(map(_events, recent))) - bad_recently) / (1 - share)
        since = clean.minutes + _lasting(recent)
        long = _minutes(self.tier.long)
        begin, end = self._paced(long * 0.85), self._paced(long * 0.65)
        old_begin, old_end = self._paced(long * 1.3), self._paced(long * 1.1)
        earlier, old = begin - end, old_begin - old_end
        return (
            Phase(old, 0, bad / old) if old_is_bad else Phase(old, 3 * (good + bad) / old),
            *_pause(old_end - begin),
            Phase(earlier, good / earlier, bad / earlier),
            *_pause(end - since),
            clean,
            *recent,
        )

    def _recent(self, rate: float) -> tuple[Phase, ...]:
        """Return a burn of ``rate`` that grows quiet, and pauses for the last three minutes."""
        short = _minutes(self.tier.short)
        longest = 2 * short + 2 * self.every
        room = not self._is_faster or longest + 2 * self.every <= _minutes(self.other.short)
        beyond = self.every if short == self.every else longest - short if room else 2 * self.every
        good, bad = _BUSY * (1 - rate * self.budget), _BUSY * rate * self.budget
        loud = self._paced(short + beyond) - self.every
        return (Phase(loud, good, bad), Phase(self.every - 3, good / 4, bad / 4), Phase(3))

    def _clean(self, recent: tuple[Phase, ...]) -> Phase:
        minutes = 2 * self.every
        return Phase(minutes, _OUTWEIGHS * sum(map(_events, recent)) / minutes)

    def _paced(self, minutes: float) -> int:
        return math.ceil(minutes / self.every) * self.every


def _events(phase: Phase) -> float:
    return phase.minutes * (phase.good + phase.bad)


def _lasting(phases: tuple[Phase, ...]) -> int:
    return sum(phase.minutes for phase in phases)


def _pause(minutes: int) -> tuple[Phase, ...]:
    return (Phase(minutes),) if minutes else ()


def _minutes(length: timedelta) -> int:
    return length // _MINUTE
