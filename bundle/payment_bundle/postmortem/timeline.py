"""When which alert was pending, fired and ended: from the series ``ALERTS`` over a time range; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from payment_bundle.prometheus_api import Series

_STATE = "alertstate"
_FIRING = "firing"


@dataclass(frozen=True, slots=True)
class Span:
    """One alert from its first pending moment to its end, in steps of the question.

    ``pending`` is ``None`` where it had no time to be pending, ``ended`` where it still fires at the end of the range.
    """

    labels: Mapping[str, str]
    pending: datetime | None
    firing: datetime
    ended: datetime | None

    @property
    def alert(self) -> str:
        """The alert's name."""
        return self.labels["alertname"]

    def label(self, name: str) -> str:
        """Return a label's value, empty where there is none."""
        return self.labels.get(name, "")


def spans(alerts: Iterable[Series], step: timedelta, end: datetime) -> tuple[Span, ...]:
    """Return what fired, in the order in which it began to, an escalation after what fired at the same moment.

    ``alerts`` are the series of ``ALERTS``, looked at every ``step`` until ``end``. What was only pending is left out.
    """
    moments: dict[frozenset[tuple[str, str]], dict[datetime, str]] = {}
    for series in sorted(alerts, key=lambda series: series.labels[_STATE] == _FIRING):
        key = frozenset((name, value) for name, value in series.labels.items() if name not in {_STATE, "__name__"})
        state = series.labels[_STATE]
        moments.setdefault(key, {}).update(dict.fromkeys(series.times, state))
    found = [span for key, states in moments.items() for span in _spans(dict(key), states, step, end)]
    return tuple(sorted(found, key=_order))


def _order(span: Span) -> tuple[datetime, str, str, list[tuple[str, str]]]:
    return span.firing, span.label("level"), span.alert, sorted(span.labels.items())


def _spans(labels: Mapping[str, str], states: Mapping[datetime, str], step: timedelta, end: datetime) -> Iterator[Span]:
    for run in _runs(sorted(states), step):
        firing = [moment for moment in run if states[moment] == _FIRING]
        if firing:
            ended = None if run[-1] + step > end else run[-1] + step
            yield Span(labels, run[0] if run[0] < firing[0] else None, firing[0], ended)


def _runs(times: Iterable[datetime], step: timedelta) -> Iterator[list[datetime]]:
    run: list[datetime] = []
    for moment in times:
        if run and moment - run[-1] > step * 1.5:
            yield run
            run = []
        run.append(moment)
    if run:
        yield run
