"""One history, evaluated by the real Prometheus and by the real VictoriaMetrics: when which alerts fire.

Prometheus answers the rules' expressions from blocks, and ``for`` is applied as its rule manager does. VictoriaMetrics
gets the same samples by remote write, and vmalert replays the rules over them. A replay waits between rules for what
they recorded; here rules go level by level instead, those that read recorded series after what they read is stored.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from victoria_metrics import VictoriaMetrics, victoria_metrics

from payment_alerts.rules import rules
from payment_bundle.backtest.evaluation import Evaluator
from payment_bundle.backtest.evaluation_grid import Grid
from payment_bundle.backtest.history import unfold
from payment_bundle.backtest.occurrence import Occurrence
from payment_bundle.backtest.recording_order import order
from payment_bundle.backtest.series import Series
from payment_bundle.backtest.world import World
from payment_bundle.rendering import render
from payment_catalog.external_metrics import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from payment_alerts.alert import AlertGroup
    from payment_bundle.backtest.kinds.kind import Kind
    from payment_bundle.backtest.recording_order import Order, Recording
    from payment_bundle.backtest.setting import Setting
    from payment_catalog.catalog import Catalog

#: Milliseconds from a scrape to the evaluation after it.
_AFTER_SCRAPE = 500

Labels = tuple[tuple[str, str], ...]
#: For each alert, by all its labels, the evaluations at which it fires: Unix times in milliseconds.
Firing = dict[Labels, frozenset[int]]


@dataclass(frozen=True)
class Happening:
    """A kind of incident at its worst, from ``hour`` of the history on."""

    kind: Kind
    hour: float


@dataclass(frozen=True)
class Past:
    """What was scraped in the ``hours`` of a history, in which ``happenings`` struck.

    From the hour ``forgotten`` on Prometheus does not know of the exporter: nothing says that it is down.
    """

    setting: Setting
    happenings: Sequence[Happening]
    hours: float
    forgotten: float | None = None

    @property
    def _size(self) -> int:
        return self._moment(self.hours)

    @property
    def scraped(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """When, Unix times in milliseconds: shortly before the evaluations, which vmalert makes at whole seconds."""
        return self.setting.timeline.moments[: self._size] * 1000 - _AFTER_SCRAPE

    @property
    def grid(self) -> Grid:
        """The evaluations."""
        timeline = self.setting.timeline
        return Grid(timeline.start * 1000, timeline.resolution * 1000, self._size)

    def series(self) -> Iterator[Series]:
        world = World.healthy(self.setting)
        unfold(world, map(self._occurrence, self.happenings))
        known = self._size if self.forgotten is None else self._moment(self.forgotten)
        for one in world.series():
            values = one.values[: self._size].copy()
            if one.labels.get("job") == self.setting.settings.exporter:
                values[known:] = np.nan
            yield Series(one.name, one.labels, values)

    def _moment(self, hour: float) -> int:
        return round(hour * 3600) // self.setting.timeline.resolution

    def _occurrence(self, happening: Happening) -> Occurrence:
        strength, level = [*happening.kind.levels.items()][-1]
        start = self.setting.timeline.start + round(happening.hour * 3600)
        return Occurrence(happening.kind.name, start, start + round(level.duration.total_seconds()), strength)


@dataclass(frozen=True)
class Compared:
    """What both engines find of one history, of the alerts that could be judged."""

    prometheus: Firing
    victoria: Firing
    grid: Grid
    judged: frozenset[str]

    @property
    def fired(self) -> frozenset[str]:
        """The names of the alerts that fire for Prometheus."""
        return frozenset(map(alert_of, self.prometheus))


def compare(catalog: Catalog, groups: Iterable[AlertGroup], past: Past, directory: Path) -> Compared:
    """Have both engines evaluate ``groups`` over ``past``, but for ``keep_firing_for``, which vmalert 1.79 lacks."""
    groups = tuple(
        replace(group, alerts=tuple(replace(alert, keep_firing=timedelta(0)) for alert in group.alerts))
        for group in groups
    )
    wanted = order(groups)
    series = [one for one in past.series() if one.name in wanted.scraped and not np.isnan(one.values).all()]
    evaluation = Evaluator(catalog, groups).over(series, past.scraped, past.grid, directory)
    found: Firing = {}
    intervals = {judged.alert.name: past.grid.every(judged.interval).step for judged in wanted.alerts}
    for name, episodes in evaluation.episodes.items():
        for episode in episodes:
            times = range(episode.start * 1000, episode.end * 1000, intervals[name])
            key = tuple(sorted(episode.labels.items()))
            found[key] = found.get(key, frozenset()) | frozenset(times)
    judged = frozenset(evaluation.episodes)
    with victoria_metrics(directory) as server:
        server.write(series, past.scraped)
        _replay(server, catalog, groups, wanted, past.grid, directory)
        fired = _fired(server, judged)
    return Compared(found, fired, past.grid, judged)


def _replay(
    server: VictoriaMetrics,
    catalog: Catalog,
    groups: Sequence[AlertGroup],
    wanted: Order,
    grid: Grid,
    directory: Path,
) -> None:
    for number, level in enumerate(wanted.levels):
        _evaluate(server, catalog, _by_interval(level, groups[0]), grid, directory / f"level-{number}")
    judged = {one.alert.name for one in wanted.alerts}
    alerts = [
        replace(
            group,
            recordings=(),
            # In a replay vmalert refuses the function ``query``.
            alerts=tuple(replace(one, summary="", description="") for one in group.alerts if one.name in judged),
        )
        for group in groups
    ]
    _evaluate(server, catalog, [group for group in alerts if group.alerts], grid, directory / "alerts")


def _evaluate(
    server: VictoriaMetrics, catalog: Catalog, groups: Sequence[AlertGroup], grid: Grid, directory: Path
) -> None:
    directory.mkdir()
    for path, document in rules(catalog, groups).items():
        (directory / path.rpartition("/")[2]).write_bytes(render(path, document))
    server.replay(directory / "*.yaml", grid)


def _by_interval(level: Sequence[Recording], template: AlertGroup) -> list[AlertGroup]:
    """Return the rules of a level, in a group for each interval."""
    intervals = {recording.interval for recording in level}
    return [
        replace(
            template,
            name=f"level-{number}",
            file=f"{number}.yaml",
            alerts=(),
            recordings=tuple(one.rule for one in level if one.interval == interval),
            interval=interval,
        )
        for number, interval in enumerate(sorted(intervals, key=lambda one: one or timedelta(0)))
    ]


def _fired(server: VictoriaMetrics, judged: frozenset[str]) -> Firing:
    found: Firing = {}
    for labels, times in server.exported(f'{ALERTS}{{alertstate="firing"}}'):
        key = tuple(sorted((name, text) for name, text in labels.items() if name not in {"__name__", "alertstate"}))
        if labels["alertname"] in judged:
            found[key] = frozenset(times)
    return found


def differences(compared: Compared, steps: int) -> Mapping[str, int]:
    """Return for each alert at how many evaluations one engine alone finds it firing.

    Evaluations at most ``steps`` from one at which the other finds it firing too do not count.
    """
    found: Counter[str] = Counter()
    near = [number * compared.grid.step for number in range(-steps, steps + 1)]
    for key in {*compared.prometheus, *compared.victoria}:
        ours, theirs = compared.prometheus.get(key, frozenset()), compared.victoria.get(key, frozenset())
        for one, other in ((ours, theirs), (theirs, ours)):
            alone = sum(1 for time in one if not any(time + shift in other for shift in near))
            found[alert_of(key)] += alone
    return +found


def alert_of(labels: Labels) -> str:
    """Return the name of the alert with these labels."""
    return dict(labels)["alertname"]
