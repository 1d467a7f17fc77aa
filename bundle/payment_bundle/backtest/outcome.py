"""From what happened and what fired to the report; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from payment_bundle.backtest.baseline import is_baseline
from payment_bundle.backtest.goals import goals
from payment_bundle.backtest.judging import judge
from payment_bundle.backtest.notifying import configured, each_alone
from payment_bundle.backtest.report.content import Report
from payment_bundle.backtest.slo_table import slo_table
from payment_bundle.backtest.verdict import any_alert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_bundle.backtest.episode import Episode
    from payment_bundle.backtest.occurrence import Occurrence
    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class History:
    """What was looked at: from ``start`` to ``end`` (Unix times), with what happened in it; ``facts`` name it."""

    title: str
    facts: tuple[tuple[str, str], ...]
    start: int
    end: int
    occurrences: tuple[Occurrence, ...]


class Evaluated(Protocol):
    """When each alert fired, by its name, with an empty entry for one that stayed silent.

    ``left_out`` has the alerts that were not evaluated, and why; ``missing`` the recorded series that were not there.
    """

    @property
    def episodes(self) -> Mapping[str, Sequence[Episode]]:
        """When each alert fired."""

    @property
    def left_out(self) -> Mapping[str, str]:
        """Alerts that were not evaluated."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Recorded series that were not there."""


def outcome(catalog: Catalog, groups: Sequence[AlertGroup], history: History, evaluated: Evaluated) -> Report:
    """Return the report on the alerts of ``groups``, and on plain thresholds where any of those were evaluated."""
    episodes = evaluated.episodes
    always = {alert.name for group in groups for alert in group.alerts if alert.always}
    ours = {name: found for name, found in episodes.items() if name not in always and not is_baseline(name)}
    plain = {name: found for name, found in episodes.items() if is_baseline(name)}
    fired = [episode for found in ours.values() for episode in found]
    pages = configured(catalog, groups).pages(fired)
    seconds = history.end - history.start
    judgement = judge(history.occurrences, ours, pages, seconds)
    baseline = None
    if plain:
        alone = each_alone(episode for found in plain.values() for episode in found)
        baseline = judge(history.occurrences, plain, alone, seconds, any_alert)
    return Report(
        title=history.title,
        facts=history.facts,
        start=history.start,
        end=history.end,
        ours=judgement,
        baseline=baseline,
        pages=pages,
        slo=slo_table(catalog, history.occurrences, ours),
        goals=goals(judgement, baseline),
        left_out={name: why for name, why in evaluated.left_out.items() if not is_baseline(name)},
        missing=evaluated.missing,
    )
