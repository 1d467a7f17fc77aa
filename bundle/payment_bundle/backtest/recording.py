"""The recorded series of a history, computed by Prometheus as it would have computed them live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.prometheus_courses import Question, answers
from payment_bundle.backtest.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from payment_bundle.backtest.evaluation_grid import Grid
    from payment_bundle.backtest.prometheus_courses import Course
    from payment_bundle.backtest.recording_order import Recording
    from payment_bundle.prometheus_api import PrometheusApi


def recorded(api: PrometheusApi, recordings: Sequence[Recording], grid: Grid, jobs: int = 2) -> Iterator[Series]:
    """Return what ``recordings`` of one level record at the moments of ``grid``; raises PrometheusError.

    Rules with the same expression are asked for once. What a group with an interval of its own records is held until
    its next evaluation, as Prometheus shows it; a window over it holds more samples than a live one. A result that is
    no number counts as none: Prometheus stores it, but no comparison lets it through.
    """
    asked: dict[Question, list[Recording]] = {}
    for recording in recordings:
        question = Question(recording.rule.expr, grid.every(recording.interval))
        asked.setdefault(question, []).append(recording)
    for answer in answers(api, tuple(asked), jobs):
        for course in answer.courses:
            values = _held(course, answer.question.grid, grid)
            for recording in asked[answer.question]:
                yield Series(recording.rule.record, course.labels, values)


def _held(course: Course, evaluated: Grid, grid: Grid) -> NDArray[np.float64]:
    """Return the values of ``course`` at each moment of ``grid``, NaN where it has none."""
    values = np.full(evaluated.size, np.nan)
    values[course.evaluations] = course.values
    if evaluated.step == grid.step:
        return values
    latest: NDArray[np.float64] = values[np.arange(grid.size) * grid.step // evaluated.step]
    return latest
