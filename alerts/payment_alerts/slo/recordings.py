"""Recorded series of an objective: how many events and how many bad ones, over each window, and the budget left.

Events and bad events are recorded apart and divided where they are compared, so that a quiet hour weighs as little as
it has events. All are summed to (environment, namespace, job).

Only the rate of 5m reads the counters. A longer window sums points of a shorter one, a step apart, and divides by the
number of steps: a missing point is no event, so that a new service is not taken for a busy one, and the figure does not
depend on how often rules are evaluated.

What that costs in accuracy, while the points are there:

- Each point stands for the 5 minutes before it: the edges of a window are blurred by 5m and late by up to a step. That
  is at most 6m of a window up to 1h, 10m up to 1d, 2h of a longer one. A share over it is off by at most the share of
  its events that happened in that time.
- Where the step is as long as what it sums, what happens between the last scrape of one point and the first of the next
  is missed, and the rest is scaled up for it: right on average, off by a scrape interval in 5m (15s: 5 %) for a burst.
- Prometheus 2 counts both ends of a window when a rule is evaluated exactly on a step: one point too many, of events
  and bad events alike. No share sees it.
- The first events of a counter that appears with a value are not seen, as by every ``rate``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog.burn_rates import HOUR, tiers
from payment_catalog.durations import format_duration
from payment_catalog.promql import number
from payment_catalog.signal import RecordingRule
from payment_catalog.signals import JOB
from payment_catalog.slo_series import BASE, budget_remaining, burn_rate, errors_rate, events_rate
from payment_catalog.slos import Outcome

if TYPE_CHECKING:
    from payment_catalog.slos import Objective

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def recordings(objective: Objective) -> tuple[RecordingRule, ...]:
    """Return the rules of ``objective``, each after those that it reads."""
    burning = {window for tier in tiers(objective) for window in (tier.long, tier.short)}
    longer = sorted({HOUR, *burning, objective.window} - {BASE})
    return (
        *_base(objective),
        *(rule for window in longer for rule in _summed(objective, window)),
        _budget(objective),
    )


def _base(objective: Objective) -> tuple[RecordingRule, ...]:
    events, errors = events_rate(objective, BASE), errors_rate(objective, BASE)
    counted = _sum_of_rates(objective.counted)
    # A series of bad events may appear only with the first of them. Where the good ones are counted, a missing counter
    # means that nothing is known; two rates of one scrape may differ by a rounding error.
    bad = {
        Outcome.BAD: f"{counted} or {events} * 0",
        Outcome.GOOD: f"clamp_min({events} - {counted}, 0)",
    }[objective.outcome]
    return RecordingRule(events, _sum_of_rates(objective.events)), RecordingRule(errors, bad)


def _sum_of_rates(selector: str) -> str:
    return f"sum by ({JOB}) (rate({selector}[{format_duration(BASE)}]))"


def _summed(objective: Objective, window: timedelta) -> tuple[RecordingRule, ...]:
    source, step = _source(window)
    return tuple(
        RecordingRule(
            rate(objective, window),
            f"sum_over_time({rate(objective, source)}[{format_duration(window)}:{format_duration(step)}])"
            f" / {number(window / step)}",
        )
        for rate in (events_rate, errors_rate)
    )


def _source(window: timedelta) -> tuple[timedelta, timedelta]:
    """Return the window of the points that ``window`` sums, and how far apart they are."""
    if window <= HOUR:
        return BASE, _MINUTE
    return (BASE, BASE) if window <= _DAY else (HOUR, HOUR)


def _budget(objective: Objective) -> RecordingRule:
    untouched = f"({events_rate(objective, objective.window)} == 0) + 1"
    return RecordingRule(budget_remaining(objective), f"1 - {burn_rate(objective, objective.window)} or {untouched}")
