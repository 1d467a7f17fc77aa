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

    What a group with an interval of its own records is held until its next evaluation, as Prometheus shows it. A
    result that is no number counts as none: Prometheus stores it, but no comparison lets it through.
    """
    questions = [Question(recording.rule.expr, grid.every(recording.interval)) for recording in recordings]
    for recording, answer in zip(recordings, answers(api, questions, jobs), strict=True):
        for course in answer.courses:
            yield Series(recording.rule.record, course.labels, _held(course, answer.question.grid, grid))


def _held(course: Course, evaluated: Grid, grid: Grid) -> NDArray[np.float64]:
    """Return the values of ``course`` at each moment of ``grid``, NaN where it has none."""
    values = np.full(evaluated.size, np.nan)
    values[course.evaluations] = course.values
    if evaluated.step == grid.step:
        return values
    latest: NDArray[np.float64] = values[np.arange(grid.size) * grid.step // evaluated.step]
    return latest
