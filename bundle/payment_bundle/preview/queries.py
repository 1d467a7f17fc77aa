"""Asks Prometheus many questions side by side, each once, all within one limit of time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

import requests

from payment_bundle.prometheus_api import PrometheusError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_bundle.prometheus_api import PrometheusApi

_AT_ONCE = 8
#: Seconds for all the questions of one page.
_LIMIT = 20.0


@dataclass(frozen=True, slots=True)
class RangeQuestion:
    """An expression at each ``step`` from ``start`` to ``end``, in seconds since 1970."""

    expression: str
    start: float
    end: float
    step: float

    @property
    def path(self) -> str:
        """Where it is asked."""
        return "query_range"

    @property
    def parameters(self) -> dict[str, str]:
        """What is sent."""
        return {
            "query": self.expression,
            "start": f"{self.start:.3f}",
            "end": f"{self.end:.3f}",
            "step": f"{self.step:.3f}",
        }


@dataclass(frozen=True, slots=True)
class InstantQuestion:
    """An expression at one time, in seconds since 1970."""

    expression: str
    at: float

    @property
    def path(self) -> str:
        """Where it is asked."""
        return "query"

    @property
    def parameters(self) -> dict[str, str]:
        """What is sent."""
        return {"query": self.expression, "time": f"{self.at:.3f}"}


@dataclass(frozen=True, slots=True)
class ExemplarQuestion:
    """The exemplars of the series that an expression selects."""

    expression: str
    start: float
    end: float

    @property
    def path(self) -> str:
        """Where it is asked."""
        return "query_exemplars"

    @property
    def parameters(self) -> dict[str, str]:
        """What is sent."""
        return {"query": self.expression, "start": f"{self.start:.3f}", "end": f"{self.end:.3f}"}


@dataclass(frozen=True, slots=True)
class LabelQuestion:
    """The values of a label in a range of time, of the series that ``selector`` selects (all, where empty)."""

    label: str
    selector: str
    start: float
    end: float

    @property
    def path(self) -> str:
        """Where it is asked."""
        return f"label/{self.label}/values"

    @property
    def parameters(self) -> dict[str, str]:
        """What is sent."""
        matching = {"match[]": self.selector} if self.selector else {}
        return {**matching, "start": f"{self.start:.3f}", "end": f"{self.end:.3f}"}


Question: TypeAlias = RangeQuestion | InstantQuestion | ExemplarQuestion | LabelQuestion


@dataclass(frozen=True, slots=True)
class Sampled:
    """Points (seconds since 1970, value) of one set of labels."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation, with the labels that tell where it comes from, such as its trace."""

    at: float
    value: float
    labels: Mapping[str, str]


class Answers:
    """What Prometheus said to each question; asking for an answer raises the error that came instead."""

    def __init__(self, answers: Mapping[Question, Any]) -> None:
        self._answers = answers

    def samples(self, question: RangeQuestion | InstantQuestion) -> tuple[Sampled, ...]:
        """Return the series of an expression; raises PrometheusError."""
        data = self._of(question)
        match data["resultType"]:
            case "matrix":
                return tuple(Sampled(item["metric"], _points(item["values"])) for item in data["result"])
            case "vector":
                return tuple(Sampled(item["metric"], _points([item["value"]])) for item in data["result"])
            case "scalar":
                return (Sampled({}, _points([data["result"]])),)
        raise PrometheusError(f"{question.expression}: gives a {data['resultType']}, which no panel shows")

    def exemplars(self, question: ExemplarQuestion) -> tuple[Exemplar, ...]:
        """Return exemplars; raises PrometheusError."""
        return tuple(
            Exemplar(float(one["timestamp"]), float(one["value"]), {**item["seriesLabels"], **one["labels"]})
            for item in self._of(question)
            for one in item["exemplars"]
        )

    def values(self, question: LabelQuestion) -> tuple[str, ...]:
        """Return the values of a label, sorted; raises PrometheusError."""
        return tuple(sorted(self._of(question)))

    def _of(self, question: Question) -> Any:
        answer = self._answers[question]
        if isinstance(answer, PrometheusError):
            raise answer
        return answer


def ask(api: PrometheusApi, questions: Iterable[Question], limit: float = _LIMIT) -> Answers:
    """Ask every question and wait at most ``limit`` seconds for all; a Prometheus that is away is asked once."""
    distinct = tuple(dict.fromkeys(questions))
    with (
        requests.Session() as session,
        ThreadPoolExecutor(min(_AT_ONCE, len(distinct) or 1), thread_name_prefix="preview") as threads,
    ):
        run = _Run(replace(api, session=session), monotonic() + limit)
        return Answers(dict(zip(distinct, threads.map(run.answer, distinct), strict=True)))


class _Run:
    def __init__(self, api: PrometheusApi, deadline: float) -> None:
        self._api = api
        self._deadline = deadline
        self._lock = threading.Lock()
        self._away: UnreachableError | None = None

    def answer(self, question: Question) -> Any:
        if self._away:
            return self._away
        left = self._deadline - monotonic()
        if left <= 0:
            return PrometheusError(f"{self._api.url}: not asked, the questions before it took too long")
        try:
            return replace(self._api, timeout=min(self._api.timeout, left)).get(question.path, question.parameters)
        except UnreachableError as error:
            with self._lock:
                self._away = error
            return error
        except PrometheusError as error:
            return error


def _points(written: Iterable[tuple[float, str]]) -> tuple[tuple[float, float], ...]:
    return tuple((at, float(value)) for at, value in written)
