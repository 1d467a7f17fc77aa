"""What came of one occurrence: which alert detected it, when, and how many pages it made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_catalog.severities import SEVERITY_LEVELS, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from payment_bundle.backtest.episode import Episode
    from payment_bundle.backtest.notifying import Page, Told
    from payment_bundle.backtest.occurrence import Occurrence

#: What begins this soon after the end of an occurrence is still about it: rates look back for up to an hour.
MARGIN = int(timedelta(hours=1).total_seconds())


class Acceptance(Protocol):
    """Decides whether an alert says what happens."""

    def __call__(self, occurrence: Occurrence, episode: Episode, /) -> bool:
        """Return whether ``episode`` is about ``occurrence``, judged by what it says, not by its time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``detection`` is the first message with an accepted alert that is urgent enough, ``None`` where there was none.

    ``cleared`` is the Unix time at which the last accepted alert ended, ``pages`` what woke somebody because of it.
    """

    occurrence: Occurrence
    detection: Told | None
    cleared: int | None
    pages: tuple[Page, ...]

    @property
    def is_detected(self) -> bool:
        """Whether people were told of it."""
        return self.detection is not None

    @property
    def time_to_detect(self) -> int | None:
        """Seconds from the start to the message."""
        return None if self.detection is None else self.detection.at - self.occurrence.start

    @property
    def time_to_clear(self) -> int | None:
        """Seconds from the end until the last alert was over, zero where it was over before; ``None`` undetected."""
        if self.detection is None or self.cleared is None:
            return None
        return max(0, self.cleared - self.occurrence.end)

    @property
    def is_in_time(self) -> bool:
        """Whether people were told within the runbook's response time."""
        priority, taken = self.occurrence.priority, self.time_to_detect
        return priority is not None and taken is not None and taken <= response_time(self.occurrence)


def response_time(occurrence: Occurrence) -> int:
    """Return the seconds that the runbook leaves for the response; raises ValueError for something harmless."""
    if occurrence.priority is None:
        raise ValueError(f"{occurrence.kind} needs no response")
    return int(SEVERITY_LEVELS[occurrence.priority].response.total_seconds())


def is_during(occurrence: Occurrence, moment: int) -> bool:
    """Tell whether what begins at ``moment`` can be about ``occurrence``: until ``MARGIN`` after its end."""
    return occurrence.start <= moment < occurrence.end + MARGIN


def named(occurrence: Occurrence, episode: Episode) -> bool:
    """Accept the alerts that are declared to detect what happens."""
    return episode.alert in occurrence.alerts


def any_alert(_occurrence: Occurrence, _episode: Episode) -> bool:
    """Accept every alert: for rules that nobody has assigned to incidents, the most favourable judgement."""
    return True


def verdict(
    occurrence: Occurrence, pages: Sequence[Page], episodes: Iterable[Episode], accepts: Acceptance = named
) -> Verdict:
    """Judge ``occurrence`` by all ``pages``, in order of time, and all ``episodes``.

    An alert that has fired since before the start says nothing about it.
    """
    detections = sorted(_detections(occurrence, pages, accepts), key=lambda told: told.at)
    ends = [
        episode.end
        for episode in episodes
        if is_during(occurrence, episode.start) and accepts(occurrence, episode) and _is_urgent(occurrence, episode)
    ]
    return Verdict(
        occurrence,
        detections[0] if detections else None,
        max(ends, default=None),
        tuple(page for page in pages if page.wakes and not page.is_escalation and is_during(occurrence, page.at)),
    )


def _detections(occurrence: Occurrence, pages: Iterable[Page], accepts: Acceptance) -> Iterator[Told]:
    for page in pages:
        for told in page.told:
            if (
                is_during(occurrence, told.at)
                and told.episode.start >= occurrence.start
                and _is_urgent(occurrence, told.episode)
                and accepts(occurrence, told.episode)
            ):
                yield told


def _is_urgent(occurrence: Occurrence, episode: Episode) -> bool:
    """Whether the alert is at least as urgent as the occurrence; of something harmless, every alert is.

    Both P0 and P1 wake somebody at once, who sees how bad it is: for a P0, the first of either counts.
    """
    if occurrence.priority is None:
        return True
    return episode.labels["priority"] <= max(occurrence.priority, Priority.P1)
