"""How well alerts detected what happened: verdicts, false pages, and the figures that follow from them."""

from __future__ import annotations

import bisect
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from payment_bundle.backtest.timeline import WEEK
from payment_bundle.backtest.verdict import Acceptance, Verdict, is_during, named, verdict
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from payment_bundle.backtest.episode import Episode
    from payment_bundle.backtest.notifying import Page
    from payment_bundle.backtest.occurrence import Occurrence

#: Who is woken for one of these is not woken for nothing.
FELT = (Priority.P0, Priority.P1, Priority.P2)
#: These wake somebody.
URGENT = (Priority.P0, Priority.P1)


@dataclass(frozen=True, slots=True)
class FalsePage:
    """A page outside of every incident that is felt; ``during`` is what began last before it, if it can be about it."""

    page: Page
    during: Occurrence | None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """How often an alert fired, how often of those about an incident, how often it detected one, and its false pages.

    An alert has as many false pages as it was in at their beginning.
    """

    alert: str
    fired: int
    inside: int
    detected: int
    false_pages: int

    @property
    def outside(self) -> int:
        """How often it fired where there was no incident."""
        return self.fired - self.inside


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything found about a set of alerts over ``seconds`` of history.

    ``verdicts`` are of incidents, ``harmless`` of what nobody needed to be told. ``escalations`` is the number of pages
    to the next levels, which are called because nobody resolves or silences anything in a history that is over.
    """

    seconds: int
    verdicts: tuple[Verdict, ...]
    harmless: tuple[Verdict, ...]
    false_pages: tuple[FalsePage, ...]
    alerts: tuple[AlertRecord, ...]
    escalations: int

    @property
    def weeks(self) -> float:
        """The length of the history."""
        return self.seconds / WEEK

    @property
    def false_pages_per_week(self) -> float:
        """How often somebody is woken for nothing."""
        return len(self.false_pages) / self.weeks

    @property
    def pages_per_incident(self) -> float | None:
        """The mean number of pages of the incidents that are felt."""
        counts = [len(found.pages) for found in self.of(*FELT)]
        return sum(counts) / len(counts) if counts else None

    def of(self, *priorities: Priority) -> tuple[Verdict, ...]:
        """Return the verdicts on incidents of these priorities."""
        return tuple(found for found in self.verdicts if found.occurrence.priority in priorities)

    def recall(self, *priorities: Priority) -> float | None:
        """Return the share of incidents of these priorities that were detected."""
        found = self.of(*priorities)
        return sum(one.is_detected for one in found) / len(found) if found else None

    def median_time_to_detect(self, *priorities: Priority) -> float | None:
        """Return the median over the detected incidents of these priorities, in seconds."""
        return middle(one.time_to_detect for one in self.of(*priorities))

    def median_time_to_clear(self, *priorities: Priority) -> float | None:
        """Return the median over the detected incidents of these priorities, in seconds."""
        return middle(one.time_to_clear for one in self.of(*priorities))

    def late(self, *priorities: Priority) -> tuple[Verdict, ...]:
        """Return the incidents of these priorities that were not detected in the response time."""
        return tuple(found for found in self.of(*priorities) if not found.is_in_time)


def judge(
    occurrences: Sequence[Occurrence],
    episodes: Mapping[str, Sequence[Episode]],
    pages: Sequence[Page],
    seconds: int,
    accepts: Acceptance = named,
) -> Judgement:
    """Judge alerts by when they fired (``episodes``, by name) and by the ``pages`` made of that, in order of time."""
    in_order = sorted(occurrences, key=lambda occurrence: (occurrence.start, occurrence.kind, occurrence.end))
    fired = [episode for found in episodes.values() for episode in found]
    verdicts = tuple(verdict(occurrence, pages, fired, accepts) for occurrence in in_order)
    incidents = tuple(found for found in verdicts if not found.occurrence.is_harmless)
    false_pages = _false_pages(in_order, pages)
    return Judgement(
        seconds,
        incidents,
        tuple(found for found in verdicts if found.occurrence.is_harmless),
        false_pages,
        tuple(_records(episodes, incidents, false_pages)),
        sum(page.wakes and page.is_escalation for page in pages),
    )


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are known, ``None`` where none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _false_pages(occurrences: Sequence[Occurrence], pages: Iterable[Page]) -> tuple[FalsePage, ...]:
    felt = [occurrence for occurrence in occurrences if occurrence.priority in FELT]
    latest_first = [occurrence for occurrence in reversed(occurrences) if occurrence.priority not in FELT]
    return tuple(
        FalsePage(page, next((found for found in latest_first if is_during(found, page.at)), None))
        for page in pages
        if page.wakes and not page.is_escalation and not any(is_during(found, page.at) for found in felt)
    )


def _records(
    episodes: Mapping[str, Sequence[Episode]], incidents: Sequence[Verdict], false_pages: Sequence[FalsePage]
) -> Iterable[AlertRecord]:
    moments = _Moments([found.occurrence for found in incidents])
    detected = Counter(found.detection.alert for found in incidents if found.detection)
    wrong = Counter(
        alert for found in false_pages for alert in {told.alert for told in found.page.told if told.at == found.page.at}
    )
    for alert, fired in sorted(episodes.items()):
        inside = sum(moments.has(episode.start) for episode in fired)
        yield AlertRecord(alert, len(fired), inside, detected[alert], wrong[alert])


class _Moments:
    """The times of incidents, each with its margin."""

    def __init__(self, occurrences: Collection[Occurrence]) -> None:
        self._occurrences = sorted(occurrences, key=lambda occurrence: occurrence.start)
        self._starts = [occurrence.start for occurrence in self._occurrences]

    def has(self, moment: int) -> bool:
        """Tell whether ``moment`` lies in one of them; the long ones may have others inside."""
        return any(is_during(found, moment) for found in self._occurrences[: bisect.bisect_right(self._starts, moment)])
