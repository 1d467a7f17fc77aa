"""Where expressions have results, by as many range queries as it takes."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from payment_bundle.prometheus_api import PrometheusError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from payment_bundle.backtest.evaluation_grid import Grid
    from payment_bundle.prometheus_api import PrometheusApi

#: Labels as they can be compared.
_Key = tuple[tuple[str, str], ...]
_NAME = "__name__"


@dataclass(frozen=True, slots=True)
class Question:
    """An expression and when it is evaluated."""

    expr: str
    grid: Grid


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The evaluations at which an expression has a result with these labels, rising, and its values.

    ``labels`` has no name: rules write one of their own.
    """

    labels: Mapping[str, str]
    evaluations: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Prometheus said to a question: results, or why it refused."""

    question: Question
    found: tuple[Course, ...] = ()
    refusal: PrometheusError | None = None

    @property
    def courses(self) -> tuple[Course, ...]:
        """The results; raises what it was refused with."""
        if self.refusal:
            raise self.refusal
        return self.found


def answers(api: PrometheusApi, questions: Iterable[Question], jobs: int = 2) -> Iterator[Answer]:
    """Return what is said to each of ``questions``, in their order, ``jobs`` of them asked at a time.

    Raises UnreachableError. So few wait to be taken that memory does not grow with their number.
    """
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for question in questions:
                waiting.append(pool.submit(_ask, api, question))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ask(api: PrometheusApi, question: Question) -> Answer:
    found: dict[_Key, list[Course]] = {}
    try:
        for part in question.grid.parts():
            for item in _matrix(api, question.expr, part):
                course = _course(item, question.grid)
                found.setdefault(tuple(sorted(item["metric"].items())), []).append(course)
    except UnreachableError:
        raise
    except PrometheusError as refusal:
        return Answer(question, refusal=refusal)
    return Answer(question, tuple(map(_joined, found.values())))


def _matrix(api: PrometheusApi, expr: str, grid: Grid) -> list[dict[str, Any]]:
    parameters = {
        "query": expr,
        "start": f"{grid.start / 1000:.3f}",
        "end": f"{(grid.start + (grid.size - 1) * grid.step) / 1000:.3f}",
        "step": f"{grid.step / 1000:.3f}",
    }
    result: list[dict[str, Any]] = api.get("query_range", parameters)["result"]
    return result


def _course(item: dict[str, Any], grid: Grid) -> Course:
    times, texts = zip(*item["values"], strict=True)
    milliseconds = np.array(times, dtype=np.float64) * 1000
    evaluations = np.rint((milliseconds - grid.start) / grid.step).astype(np.int64)
    values = np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
    return Course({name: value for name, value in item["metric"].items() if name != _NAME}, evaluations, values)


def _joined(parts: list[Course]) -> Course:
    if len(parts) == 1:
        return parts[0]
    return Course(
        parts[0].labels,
        np.concatenate([part.evaluations for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
