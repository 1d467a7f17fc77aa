"""Occurrences and alerts made by hand, in minutes after the begin of a history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_alerts.groups import alert_groups
from payment_alerts.routes import routes
from payment_bundle.backtest.baseline import baseline
from payment_bundle.backtest.episode import Episode
from payment_bundle.backtest.judging import judge
from payment_bundle.backtest.notifying import configured
from payment_bundle.backtest.occurrence import Occurrence
from payment_bundle.backtest.outcome import History, outcome
from payment_bundle.backtest.timeline import START, WEEK
from payment_catalog.catalog import build_catalog
from payment_catalog.durations import parse_duration
from payment_catalog.settings import Settings
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.backtest.judging import Judgement
    from payment_bundle.backtest.notifying import Page
    from payment_bundle.backtest.report.content import Report

PLACE = {"environment": "production", "namespace": "payment-service", "job": "payment-service"}
CATALOG = build_catalog(Settings())
GROUPS = alert_groups(CATALOG)
#: Seconds for which the first message of a P1 waits for companions.
WAIT = next(
    int(parse_duration(route["group_wait"]).total_seconds())
    for route in routes(Settings())["routes"]
    if f'priority="{Priority.P1}"' in route["matchers"]
)


def at(minutes: float) -> int:
    return START + round(minutes * 60)


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation of alerts brings."""

    episodes: Mapping[str, tuple[Episode, ...]]
    left_out: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass
class Story:
    """What happened and what fired, of a bundle with these settings."""

    settings: Settings = field(default_factory=Settings)
    weeks: int = 1

    def __post_init__(self) -> None:
        default = self.settings == CATALOG.settings
        self.catalog = CATALOG if default else build_catalog(self.settings)
        self.groups = GROUPS if default else alert_groups(self.catalog)
        self._alerts = {alert.name: alert for group in self.groups for alert in group.alerts}
        self._plain = {alert.name: alert for alert in baseline(self.catalog).alerts}
        self.episodes: dict[str, tuple[Episode, ...]] = dict.fromkeys((*self._alerts, *self._plain), ())
        self.occurrences: list[Occurrence] = []

    def happens(
        self,
        kind: str,
        start: float,
        end: float,
        *alerts: str,
        priority: Priority | None = Priority.P1,
        spends: frozenset[str] = frozenset(),
    ) -> Occurrence:
        """Have something happen that ``alerts`` detect."""
        occurrence = Occurrence(kind, at(start), at(end), priority=priority, alerts=frozenset(alerts), spends=spends)
        self.occurrences.append(occurrence)
        return occurrence

    def fires(self, name: str, start: float, end: float, **labels: str) -> Episode:
        """Have an alert fire with the labels of its rule, of the usual place, and these."""
        alert = self._alerts.get(name) or self._plain[name]
        episode = Episode(
            name, {**PLACE, **alert.labels(self.catalog), "alertname": name, **labels}, at(start), at(start), at(end)
        )
        self.episodes[name] = tuple(sorted((*self.episodes[name], episode), key=lambda one: one.start))
        return episode

    @property
    def pages(self) -> tuple[Page, ...]:
        fired = (episode for name, found in self.episodes.items() if name in self._alerts for episode in found)
        return configured(self.catalog, self.groups).pages(fired)

    @property
    def judgement(self) -> Judgement:
        ours = {name: found for name, found in self.episodes.items() if name in self._alerts}
        return judge(self.occurrences, ours, self.pages, self.weeks * WEEK)

    @property
    def report(self) -> Report:
        facts = (("seed", "1"), ("weeks", str(self.weeks)))
        history = History("Backtest", facts, START, START + self.weeks * WEEK, tuple(self.occurrences))
        return outcome(self.catalog, self.groups, history, Evaluated(self.episodes))
