"""What a panel's targets ask, and the frames that the answers are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.interpolation import in_query
from payment_bundle.preview.queries import ExemplarQuestion, InstantQuestion, RangeQuestion
from payment_bundle.preview.series import Series, on_grid, series_name

if TYPE_CHECKING:
    from payment_bundle.preview.events import Event
    from payment_bundle.preview.model import Panel, Target
    from payment_bundle.preview.queries import Answers, Exemplar, Question, Sampled
    from payment_bundle.preview.series import Values
    from payment_bundle.preview.view import View


@dataclass(frozen=True, slots=True)
class Asked:
    """A target with what is asked for it; ``step`` is in seconds."""

    target: Target
    question: RangeQuestion | InstantQuestion
    exemplars: ExemplarQuestion | None
    step: float

    @property
    def questions(self) -> tuple[Question, ...]:
        """Everything that is asked."""
        return (self.question, self.exemplars) if self.exemplars else (self.question,)


@dataclass(frozen=True, slots=True)
class Frame:
    """The answer to a target, as Prometheus gave it."""

    target: Target
    samples: tuple[Sampled, ...]
    start: float
    end: float
    step: float

    def series(self) -> tuple[Series, ...]:
        """Return the samples on the grid of their steps, with names."""
        count = math.floor((self.end - self.start) / self.step + 1.000001) if self.step else 1
        alone = len(self.samples) == 1
        if not self.step:
            times: tuple[float, ...] = (self.end,)
            grids: list[Values] = [tuple(value for _, value in sampled.points[-1:]) for sampled in self.samples]
        else:
            times = tuple(self.start + index * self.step for index in range(count))
            grids = [on_grid(sampled.points, self.start, self.step, count) for sampled in self.samples]
        return tuple(
            Series(
                series_name(self.target.legend_format, sampled.labels, alone=alone),
                sampled.labels,
                times,
                grid,
                self.target.ref_id,
            )
            for sampled, grid in zip(self.samples, grids, strict=True)
        )


@dataclass(frozen=True, slots=True)
class PanelData:
    """Everything that a panel draws."""

    frames: tuple[Frame, ...] = ()
    exemplars: tuple[Exemplar, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def series(self) -> tuple[Series, ...]:
        """The series of all targets, those of one target by name."""
        return tuple(
            series
            for frame in self.frames
            for series in sorted(frame.series(), key=lambda one: one.name)
            if not series.is_empty
        )


def asked(view: View, panel: Panel) -> tuple[Asked, ...]:
    """Return what the targets of ``panel`` ask."""
    return tuple(_asked(view, panel, target) for target in panel.targets if target.expr and not target.hide)


def frames(asked_for: tuple[Asked, ...], answers: Answers) -> tuple[Frame, ...]:
    """Return the answers; raises PrometheusError where one failed."""
    return tuple(
        Frame(
            one.target,
            answers.samples(one.question),
            one.question.start if isinstance(one.question, RangeQuestion) else one.question.at,
            one.question.end if isinstance(one.question, RangeQuestion) else one.question.at,
            one.step if isinstance(one.question, RangeQuestion) else 0,
        )
        for one in asked_for
    )


def aligned(view: View, step: float) -> tuple[float, float]:
    """Return the view's range on the grid of ``step``, as Grafana does, so that points do not jump on refresh."""
    start, end = view.span.start.timestamp(), view.span.end.timestamp()
    return math.floor(start / step) * step, math.floor(end / step) * step


def _asked(view: View, panel: Panel, target: Target) -> Asked:
    step = view.step(panel, target)
    expression = in_query(target.expr, view.choices, view.span, step, view.rate(step))
    if target.is_instant:
        return Asked(target, InstantQuestion(expression, view.span.end.timestamp()), None, step)
    start, end = aligned(view, step)
    exemplars = ExemplarQuestion(expression, start, end + step) if target.exemplar else None
    return Asked(target, RangeQuestion(expression, start, end, step), exemplars, step)
