"""From simulated series to what fired, for rules of which each kind matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from payment_alerts.groups import alert_groups
from payment_bundle.backtest.episode import Episode
from payment_bundle.backtest.evaluation import Evaluator
from payment_bundle.backtest.evaluation_alerts import EvaluationError
from payment_bundle.backtest.evaluation_grid import Grid
from payment_bundle.backtest.series import Series
from payment_bundle.backtest.timeline import Timeline
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_catalog.signal import RecordingRule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_alerts.alert import Alert, AlertGroup

CATALOG = build_catalog(Settings())
TEMPLATE = alert_groups(CATALOG)[0]
START = 1_767_571_200
GRID = Grid(START * 1000, 30_000, 120)
LABELS = {"environment": "production", "job": "a"}


def alert(name: str, expr: str, minutes: float = 0, keep: float = 0) -> Alert:
    pending, keep_firing = timedelta(minutes=minutes), timedelta(minutes=keep)
    return replace(TEMPLATE.alerts[0], name=name, expr=expr, pending=pending, keep_firing=keep_firing)


def group(*alerts: Alert, recordings: Iterable[RecordingRule] = (), interval: int | None = None) -> AlertGroup:
    every = timedelta(minutes=interval) if interval else None
    return replace(TEMPLATE, alerts=alerts, recordings=tuple(recordings), interval=every)


def level(*, since: int, until: int, labels: dict[str, str] = LABELS, name: str = "level") -> Series:
    """Return a series that is 9 from evaluation ``since`` until before ``until``, else 1."""
    values = np.ones(GRID.size)
    values[since:until] = 9
    return Series(name, labels, values)


def second(evaluation: int) -> int:
    return START + 30 * evaluation


def test_an_alert_fires_with_the_labels_of_rule_and_result(tmp_path: Path) -> None:
    high = alert("High", "level > 5", minutes=2, keep=1)
    series = [level(since=10, until=40, labels={**LABELS, "severity": "ours"})]
    (episode,) = Evaluator(CATALOG, [group(high)]).over(series, GRID.moments, GRID, tmp_path).episodes["High"]
    labels = {**LABELS, **high.labels(CATALOG), "alertname": "High"}
    assert episode == Episode("High", labels, second(10), second(14), second(42))
    assert not [*tmp_path.iterdir()]


def test_recorded_series_are_held_until_their_group_is_evaluated_again(tmp_path: Path) -> None:
    slow = group(recordings=[RecordingRule("job:level:max", "max by (job) (level)")], interval=3)
    after = group(alert("High", "job:level:max > 5"), alert("Sum", "sum_over_time(job:level:max[1m]) > 100"))
    found = Evaluator(CATALOG, [slow, after]).over([level(since=10, until=40)], GRID.moments, GRID, tmp_path)
    # Evaluated at 0, 6, 12, 18, …, 36, 42.
    assert [(episode.start, episode.end) for episode in found.episodes["High"]] == [(second(12), second(42))]
    assert found.episodes["Sum"] == ()
    assert found.missing == ()


def test_an_alert_of_a_slow_group_is_judged_when_its_group_is(tmp_path: Path) -> None:
    slow = group(alert("High", "level > 5", minutes=4), interval=3)
    found = Evaluator(CATALOG, [slow]).over([level(since=10, until=40)], GRID.moments, GRID, tmp_path)
    ((episode,),) = found.episodes.values()
    # Four minutes are not over after one evaluation, but after two.
    assert (episode.active, episode.start, episode.end) == (second(12), second(24), second(42))


def test_what_still_fires_ends_with_the_history(tmp_path: Path) -> None:
    groups = [group(alert("High", "level > 5")), group(alert("Slow", "level > 5"), interval=7)]
    found = Evaluator(CATALOG, groups).over([level(since=10, until=GRID.size)], GRID.moments, GRID, tmp_path)
    assert {episodes[0].end for episodes in found.episodes.values()} == {second(GRID.size)}


def test_alerts_that_read_nothing_there_is_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    rules = group(
        alert("High", "level > 5"),
        alert("Unread", "job:other:max > 5"),
        alert("Gone", "absent(other)"),
        recordings=[RecordingRule("job:other:max", "max by (job) (other)")],
    )
    series = [level(since=0, until=0), Series("unread", {}, np.ones(GRID.size))]
    found = Evaluator(CATALOG, [rules]).over(series, GRID.moments, GRID, tmp_path)
    assert found.episodes["High"] == ()
    assert len(found.episodes["Gone"]) == 1
    assert found.left_out == {"Unread": "nothing that it reads is in the history"}
    assert found.missing == ("job:other:max",)


def test_one_alert_of_two_results_is_an_error_as_for_prometheus(tmp_path: Path) -> None:
    both = [level(since=10, until=20, labels={**LABELS, "severity": severity}) for severity in ("one", "two")]
    with pytest.raises(EvaluationError, match=r"High: at 2026-01-05T00:05:00Z two results have the same labels"):
        Evaluator(CATALOG, [group(alert("High", "level > 5"))]).over(both, GRID.moments, GRID, tmp_path)
    assert not [*tmp_path.iterdir()]


def test_results_one_after_the_other_can_be_one_alert(tmp_path: Path) -> None:
    renamed = [level(since=10, until=20, name="one"), level(since=20, until=30, name="two")]
    rules = group(alert("High", '{__name__=~"one|two"} > 5', minutes=5), alert("Read", "one or two"))
    (episode,) = Evaluator(CATALOG, [rules]).over(renamed, GRID.moments, GRID, tmp_path).episodes["High"]
    assert (episode.active, episode.end) == (second(10), second(30))


def test_windows_hold_as_many_samples_as_live_ones(tmp_path: Path) -> None:
    timeline = Timeline(1)
    rules = group(
        alert("Scrapes", "count_over_time(level[5m]) > 10"),
        alert("Minutes", "count_over_time(level[30m:1m]) > 30"),
        alert("Recorded", "count_over_time(job:level[30m:1m]) > 30"),
        alert("High", "level > 5"),
        recordings=[RecordingRule("job:level", "max by (job) (level)")],
    )
    values = np.ones(timeline.size)
    values[1000:1010] = 9
    found = Evaluator(CATALOG, [rules]).simulated([Series("level", LABELS, values)], timeline, tmp_path)
    assert {name for name, episodes in found.episodes.items() if episodes} == {"High"}
    moments = timeline.moments
    ((start, end),) = [(episode.start, episode.end) for episode in found.episodes["High"]]
    assert (start, end) == (moments[1000], moments[1010])


def test_two_names_for_one_expression_are_both_recorded(tmp_path: Path) -> None:
    recordings = [RecordingRule(record, "max by (job) (level)") for record in ("job:one", "job:two")]
    rules = group(alert("One", "job:one > 5"), alert("Two", "job:two > 5"), recordings=recordings)
    found = Evaluator(CATALOG, [rules]).over([level(since=10, until=40)], GRID.moments, GRID, tmp_path)
    assert [len(episodes) for episodes in found.episodes.values()] == [1, 1]


def test_an_expression_may_be_longer_than_an_address(tmp_path: Path) -> None:
    long = " or ".join(['label_replace(level > 5, "found", "here", "", "")'] * 400)
    found = Evaluator(CATALOG, [group(alert("Long", long))]).over(
        [level(since=10, until=40)], GRID.moments, GRID, tmp_path
    )
    assert [episode.labels["found"] for episode in found.episodes["Long"]] == ["here"]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    rules = group(alert("High", "job:level > 5"), recordings=[RecordingRule("job:level", "max by (job) (level)")])
    evaluator = Evaluator(CATALOG, [rules], progress=lambda *progress: told.append(progress))
    evaluator.over([level(since=0, until=0)], GRID.moments, GRID, tmp_path)
    assert told == [("series", 1, 0), ("recorded series", 1, 1), ("alerts", 1, 1)]
