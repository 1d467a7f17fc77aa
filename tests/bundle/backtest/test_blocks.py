"""Simulated series in a real Prometheus."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

from payment_alerts.tool import ToolError
from payment_bundle.backtest import blocks
from payment_bundle.backtest.blocks import Store
from payment_bundle.backtest.evaluation_grid import MOST_POINTS, Grid
from payment_bundle.backtest.prometheus_courses import Question, answers
from payment_bundle.backtest.series import Series
from payment_bundle.prometheus_api import PrometheusError

if TYPE_CHECKING:
    from pathlib import Path

STEP = timedelta(seconds=30)
GRID = Grid(1_767_571_200_000, 30_000, 200)


def test_what_is_added_is_answered_whatever_file_it_was_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "FILE_SAMPLES", 3 * GRID.size)
    store = Store(tmp_path, STEP)
    values = {str(number): np.arange(GRID.size) * 1.5 + number for number in range(10)}
    names = store.add((Series("a_total", {"number": number}, value) for number, value in values.items()), GRID.moments)
    assert names == {"a_total"}
    with store.asked() as api:
        (answer,) = answers(api, [Question("a_total", GRID)])
        later = store.add([Series("job:a:max", {}, values["9"])], GRID.moments)
    assert later == {"job:a:max"}
    assert {course.labels["number"]: course.values.tolist() for course in answer.courses} == {
        number: value.tolist() for number, value in values.items()
    }
    with store.asked() as api:
        (answer,) = answers(api, [Question("job:a:max - on () max(a_total)", GRID)])
    (course,) = answer.courses
    assert course.values.tolist() == [0.0] * GRID.size
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data", "prometheus.log", "prometheus.yml"]


def test_a_series_is_gone_at_the_moment_at_which_it_was_not_scraped(tmp_path: Path) -> None:
    store = Store(tmp_path, STEP)
    values = np.ones(GRID.size)
    values[50:53] = math.nan
    store.add([Series("up", {"job": "a"}, values)], GRID.moments)
    with store.asked() as api:
        present, absent = answers(api, [Question("up", GRID), Question('absent(up{job="a"})', GRID)])
    assert present.courses[0].evaluations.tolist() == [*range(50), *range(53, GRID.size)]
    assert absent.courses[0].evaluations.tolist() == [50, 51, 52]


def test_a_long_history_is_asked_for_in_parts(tmp_path: Path) -> None:
    grid = Grid(GRID.start, 30_000, 2 * MOST_POINTS + 7)
    assert [part.size for part in grid.parts()] == [7335, 7336, 7336]
    store = Store(tmp_path, STEP)
    store.add([Series("a_total", {}, np.arange(float(grid.size)))], grid.moments)
    with store.asked() as api:
        (answer,) = answers(api, [Question("a_total >= 100", grid)])
    assert answer.courses[0].evaluations.tolist() == [*range(100, grid.size)]


def test_a_question_that_is_refused_says_why(tmp_path: Path) -> None:
    store = Store(tmp_path, STEP)
    store.add([Series("a", {"x": x}, np.ones(GRID.size)) for x in "12"], GRID.moments)
    with store.asked() as api:
        refused, answered = answers(api, [Question("a + on () a", GRID), Question("a", GRID)])
    assert len(answered.courses) == 2
    with pytest.raises(PrometheusError, match=r"many-to-many|duplicate series"):
        _ = refused.courses


@pytest.mark.parametrize("reason", [ValueError("a mistake"), KeyboardInterrupt()])
def test_prometheus_ends_with_what_asks_it(tmp_path: Path, reason: BaseException) -> None:
    store = Store(tmp_path, STEP)
    addresses: list[str] = []

    def ask_and_fail() -> None:
        with store.asked() as api:
            addresses.append(api.url)
            assert requests.get(f"{api.url}/-/ready", timeout=5).ok
            raise reason

    with pytest.raises(type(reason)):
        ask_and_fail()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{addresses[0]}/-/ready", timeout=5)


def test_nothing_is_left_of_an_import_that_failed(tmp_path: Path) -> None:
    store = Store(tmp_path, STEP)
    with pytest.raises(ToolError, match="promtool made no block"):
        store.add([Series("no name", {}, np.ones(GRID.size))], GRID.moments)
    assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_a_grid_counts_evaluations() -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    grid = Grid.between(start, start + timedelta(minutes=10), timedelta(seconds=40))
    assert (grid.size, grid.moment(0), grid.second(14)) == (15, start, 1_767_571_200 + 560)
    assert grid.evaluations(timedelta(seconds=41)) == 2
    assert grid.every(timedelta(minutes=3)) == Grid(grid.start, 180_000, 4)
    assert grid.every(timedelta(seconds=10)) == grid.every(None) == grid
