"""Whether bad events go on, and are more than chance.

A rate over five minutes holds a bad minute for five. So the alert asks besides whether it had begun a while ago already
and the bad events still become more, or whether the limit was passed so long ago that no single fault explains it: a
minute and a half that are over make no alert, and what goes on makes one as soon as it has lasted longer. And a few bad
events are not many bad events, whatever share of a quiet night's they are.

That is said in the expression and not by ``for``, which the first half minute without a bad event would begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Scenario
from payment_alerts.scenario_series import in_turn, slowed
from payment_catalog import signals
from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.promql_text import delayed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_alerts.alert import InputSeries
    from payment_alerts.feed import Feed
    from payment_catalog.settings import Settings

#: The window of the rates, in which a bad event counts.
WINDOW = parse_duration(signals.WINDOW)
#: Bad events within it that are more than chance: of a quiet night's 25 requests, one or two may fail.
FEWEST = 5

#: Longer than a pod's restart, a garbage collection, a deployment's cold start, a burst of declined cards or one slow
#: report, which take a minute and a half at the most, and are seen within half a minute more.
LASTED = timedelta(minutes=2)
#: The window has let go of such a fault by then.
OUTLASTED = timedelta(minutes=7)
#: By so much bad events must have risen: as long as the window fills, 30 s bring a tenth of it or more.
_RISEN = 1.05
#: What that says to people.
MEANING = (
    f"They are {FEWEST} at least, and go on: it had begun {format_duration(LASTED)} before and they still become more, "
    f"or the limit was passed {format_duration(OUTLASTED)} ago already."
)
_SHORTEST = timedelta(seconds=30)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Bad events a second over ``WINDOW``, as an expression, and how long rising may be waited for."""

    rate: str
    step: timedelta

    @classmethod
    def of(cls, settings: Settings, rate: str) -> GoingOn:
        """Return it for ``rate``; two scrapes and two evaluations lie in a step, so that it can have risen."""
        scraping = settings.scraping
        return cls(rate, max(_SHORTEST, 2 * scraping.interval, 2 * scraping.evaluation_interval))

    def condition(self, beyond: str, begun: str) -> str:
        """Return what must hold besides ``beyond``, the comparison with the limit; ``begun`` is that with a milder one.

        How bad it is shows only after a while: a share of the window must be bad.
        """
        enough = f"{self.rate} >= {FEWEST} / {WINDOW // timedelta(seconds=1)}"
        rising = f"{self.rate} > {_RISEN} * {delayed(self.rate, self.step)}"
        still = f"{delayed(begun, LASTED)} and {rising}"
        return f"{enough} and ({still} or {delayed(beyond, OUTLASTED)})"


def going_on_scenarios(
    feed: Feed, good: float, worst: tuple[float, float], firing: tuple[Mapping[str, str], ...]
) -> tuple[Scenario, ...]:
    """Return scenarios of faults that pass, and of few bad events.

    ``worst`` is the value with which all events of ``feed`` are bad, and how many that are a minute.
    """
    all_bad, per_minute = worst
    begins = 2 * WINDOW
    once = in_turn(feed(good, begins // _MINUTE), feed(all_bad, 0), feed(good, 2 * WINDOW // _MINUTE))
    twice = in_turn(
        feed(good, begins // _MINUTE),
        feed(all_bad, 0),
        feed(good, 2 * WINDOW // _MINUTE),
        feed(all_bad, 0),
        feed(good, 2 * WINDOW // _MINUTE),
    )
    lasts = 2 * OUTLASTED

    def bad(events: float) -> tuple[InputSeries, ...]:
        share = events / (per_minute * (WINDOW // _MINUTE))
        return slowed(feed(all_bad, lasts // _MINUTE), share)

    return (
        Scenario("a bad minute, while the window holds it", once, begins + _MINUTE + LASTED),
        Scenario("a bad minute, when the window lets go of it", once, begins + WINDOW),
        Scenario("a bad minute, when it has long been over", once, begins + _MINUTE + OUTLASTED),
        Scenario("a bad minute, and another when the first is forgotten", twice, 2 * begins + 2 * _MINUTE + LASTED),
        Scenario("few events, all bad, and just enough of them", bad(FEWEST * 1.02), lasts, firing),
        Scenario("few events, all bad, and not quite enough of them", bad(FEWEST * 0.98), lasts),
    )
