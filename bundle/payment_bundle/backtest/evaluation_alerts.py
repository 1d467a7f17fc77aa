"""Which alerts fire, from the results of their expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.episode import Episode
from payment_bundle.backtest.firing import firings
from payment_bundle.backtest.prometheus_courses import Question, answers
from payment_bundle.backtest.recording_order import can_have_result
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from payment_bundle.backtest.evaluation_grid import Grid
    from payment_bundle.backtest.prometheus_courses import Answer, Course
    from payment_bundle.backtest.recording_order import Judged, Order
    from payment_bundle.prometheus_api import PrometheusApi
    from payment_catalog.catalog import Catalog

#: Is called with what is being done, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]
_UNREAD = "nothing that it reads is in the history"


class EvaluationError(ForeseenError):
    """A rule that Prometheus would fail to evaluate."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """When each alert fired, by its name, in the order of its beginnings; empty for one that stayed silent.

    ``left_out`` has the alerts that were not judged, and why. ``missing`` are the recorded series that alerts read and
    the history does not have.
    """

    episodes: Mapping[str, tuple[Episode, ...]]
    left_out: Mapping[str, str]
    missing: tuple[str, ...] = ()


def silently(_doing: str, _done: int, _of: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks for the expressions of alerts, ``jobs`` at a time, and says when the alerts fire."""

    catalog: Catalog
    rules: Order
    jobs: int = 2
    progress: Progress = silently

    def judge(self, api: PrometheusApi, names: Collection[str], grid: Grid) -> Evaluation:
        """Return when the alerts fired on ``grid``, by what ``api`` answers; ``names`` are those of all its series.

        Alerts with the same expression are asked for once; one that Prometheus refuses to answer is left out. Raises
        UnreachableError and EvaluationError.
        """
        left_out = dict(self.rules.left_out)
        asked: dict[Question, list[Judged]] = {}
        for judged in self.rules.alerts:
            if can_have_result(judged.alert.expr, names, judged.reads):
                asked.setdefault(Question(judged.alert.expr, grid.every(judged.interval)), []).append(judged)
            else:
                left_out[judged.alert.name] = _UNREAD
        fired: dict[str, tuple[Episode, ...]] = {}
        for done, answer in enumerate(answers(api, tuple(asked), self.jobs), start=1):
            for judged in asked[answer.question]:
                if answer.refusal:
                    left_out[judged.alert.name] = str(answer.refusal)
                else:
                    fired[judged.alert.name] = _episodes(judged, self.catalog, answer, grid)
            self.progress("alerts", done, len(asked))
        in_order = (judged.alert.name for judged in self.rules.alerts if judged.alert.name in fired)
        missing = sorted(self.rules.recorded - set(names))
        return Evaluation({name: fired[name] for name in in_order}, left_out, tuple(missing))


def _episodes(judged: Judged, catalog: Catalog, answer: Answer, grid: Grid) -> tuple[Episode, ...]:
    alert, evaluated, end = judged.alert, answer.question.grid, grid.second(grid.size)
    pending, keep = evaluated.evaluations(alert.pending), evaluated.evaluations(alert.keep_firing)
    labels = {**alert.labels(catalog), "alertname": alert.name}
    episodes = (
        Episode(
            alert.name,
            dict(key),
            evaluated.second(firing.active),
            evaluated.second(firing.start),
            min(evaluated.second(firing.end), end),
        )
        for key, found in _by_labels(answer.courses, labels).items()
        for firing in firings(_evaluations(alert.name, found, evaluated), evaluated.size, pending, keep)
    )
    return tuple(sorted(episodes, key=lambda episode: (episode.start, *episode.labels.items())))


def _by_labels(
    courses: Iterable[Course], labels: Mapping[str, str]
) -> dict[tuple[tuple[str, str], ...], list[NDArray[np.int64]]]:
    """Return the evaluations of each alert: a result's labels, but for those that the rule has itself."""
    found: dict[tuple[tuple[str, str], ...], list[NDArray[np.int64]]] = {}
    for course in courses:
        found.setdefault(tuple(sorted({**course.labels, **labels}.items())), []).append(course.evaluations)
    return found


def _evaluations(name: str, found: list[NDArray[np.int64]], grid: Grid) -> NDArray[np.int64]:
    if len(found) == 1:
        return found[0]
    together = np.sort(np.concatenate(found))
    twice = np.flatnonzero(np.diff(together) == 0)
    if twice.size:
        moment = grid.moment(int(together[twice[0]]))
        raise EvaluationError(
            f"{name}: at {moment:%Y-%m-%dT%H:%M:%SZ} two results have the same labels with the rule's"
        )
    return together
