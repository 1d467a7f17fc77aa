"""The SLO alerts by the four measures of the SRE workbook's chapter "Alerting on SLOs".

https://sre.google/workbook/alerting-on-slos/ calls an event significant when it spends a large part of an error budget;
here it is one that spends the budget faster than allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.slo.burn_rate_alerts import slo_alerts
from payment_bundle.backtest.judging import middle
from payment_bundle.backtest.verdict import is_during

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from payment_bundle.backtest.episode import Episode
    from payment_bundle.backtest.occurrence import Occurrence
    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class SloRow:
    """How well ``alerts``, one or several together, tell when the budget of ``objective`` is spent too fast.

    Of the times they fired, ``true`` began during a significant event; of the ``significant`` events, ``detected``
    had one begin, while ``covered`` began when the alert fired already and are left out of recall. Times in seconds.
    """

    objective: str
    alerts: tuple[str, ...]
    fired: int
    true: int
    significant: int
    detected: int
    covered: int
    detection_time: float | None
    reset_time: float | None

    @property
    def precision(self) -> float | None:
        """Share of the times it fired that were about a significant event."""
        return self.true / self.fired if self.fired else None

    @property
    def recall(self) -> float | None:
        """Share of the significant events that were detected."""
        open_to_it = self.significant - self.covered
        return self.detected / open_to_it if open_to_it else None


def slo_table(
    catalog: Catalog, occurrences: Sequence[Occurrence], episodes: Mapping[str, Sequence[Episode]]
) -> tuple[SloRow, ...]:
    """Return a row for each alert on an error budget, and one for those of an objective together."""
    return tuple(_rows(catalog, occurrences, episodes))


def _rows(
    catalog: Catalog, occurrences: Sequence[Occurrence], episodes: Mapping[str, Sequence[Episode]]
) -> Iterator[SloRow]:
    for objective, group in zip(catalog.objectives, slo_alerts(catalog), strict=True):
        significant = [occurrence for occurrence in occurrences if objective.key in occurrence.spends]
        names = tuple(alert.name for alert in group.alerts)
        for chosen in (*((name,) for name in names), names):
            fired = [episode for name in chosen for episode in episodes.get(name, ())]
            yield _row(objective.key, chosen, significant, fired)


def _row(objective: str, alerts: tuple[str, ...], significant: Sequence[Occurrence], fired: list[Episode]) -> SloRow:
    firsts = {occurrence: first for occurrence in significant if (first := _first(occurrence, fired))}
    return SloRow(
        objective=objective,
        alerts=alerts,
        fired=len(fired),
        true=sum(any(is_during(occurrence, episode.start) for occurrence in significant) for episode in fired),
        significant=len(significant),
        detected=len(firsts),
        covered=sum(_is_covered(occurrence, fired) for occurrence in significant if occurrence not in firsts),
        detection_time=middle(first.start - occurrence.start for occurrence, first in firsts.items()),
        reset_time=middle(max(0, first.end - occurrence.end) for occurrence, first in firsts.items()),
    )


def _first(occurrence: Occurrence, fired: Collection[Episode]) -> Episode | None:
    found = [episode for episode in fired if is_during(occurrence, episode.start)]
    return min(found, key=lambda episode: episode.start, default=None)


def _is_covered(occurrence: Occurrence, fired: Collection[Episode]) -> bool:
    return any(episode.start < occurrence.start < episode.end for episode in fired)
