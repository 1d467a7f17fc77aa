"""From a view and a Prometheus to panels that are drawn: asks everything at once, draws each panel for itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_bundle.preview.data import Asked, PanelData, aligned, asked, frames
from payment_bundle.preview.drawn import Drawn, State, failed
from payment_bundle.preview.events import Event, events, queries_of, step_of
from payment_bundle.preview.interpolation import in_query
from payment_bundle.preview.panels import draw
from payment_bundle.preview.queries import LabelQuestion, RangeQuestion, ask
from payment_bundle.preview.variables import label_values
from payment_bundle.prometheus_api import PrometheusError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.preview.model import Annotation, Panel, Variable
    from payment_bundle.preview.queries import Answers, Question
    from payment_bundle.preview.view import View
    from payment_bundle.prometheus_api import PrometheusApi

_EVENTFUL = frozenset({"timeseries", "state-timeline", "heatmap"})


@dataclass(frozen=True, slots=True)
class Rendered:
    """A view with everything on it drawn: panels by their ids, and what went wrong besides."""

    view: View
    panels: Mapping[int, Drawn]
    problems: tuple[str, ...]

    def count(self, state: State) -> int:
        """Return how many panels are in ``state``."""
        return sum(drawn.state is state for drawn in self.panels.values())


def render_view(view: View, api: PrometheusApi) -> Rendered:
    """Draw every panel of ``view``; what fails is said in the panel, so that the others show."""
    chosen, problems = _with_options(view, api)
    panels = {panel.id: (panel, asked(chosen, panel)) for panel in view.dashboard.panels if panel.type != "row"}
    annotations = tuple((one, _annotation_question(chosen, one)) for one in queries_of(view.dashboard))
    questions: list[Question] = [
        question for _, targets in panels.values() for one in targets for question in one.questions
    ]
    answers = ask(api, [*questions, *(question for _, question in annotations)])
    happened, troubles = _events(annotations, answers)
    drawn = {
        identifier: _drawn(panel, targets, answers, happened, chosen) for identifier, (panel, targets) in panels.items()
    }
    return Rendered(chosen, drawn, tuple(dict.fromkeys((*problems, *troubles))))


def _with_options(view: View, api: PrometheusApi) -> tuple[View, tuple[str, ...]]:
    """Ask for the options of each variable, in order, for a later one may depend on an earlier one."""
    problems: list[str] = []
    choices = dict(view.choices)
    for name, choice in choices.items():
        try:
            options = _options(choice.variable, view.with_choices(choices), api)
        except PrometheusError as error:
            problems.append(str(error))
            break
        chosen = choice.values or options[:1]
        choices[name] = replace(choice, options=options, values=chosen)
    return view.with_choices(choices), tuple(problems)


def _options(variable: Variable, view: View, api: PrometheusApi) -> tuple[str, ...]:
    if variable.type == "datasource":
        return ("Prometheus",)
    if variable.type in {"custom", "constant"}:
        return tuple(part.strip() for part in variable.expression.split(",") if part.strip())
    query = label_values(variable.expression)
    if query is None:
        return ()
    step = view.scrape
    selector = in_query(query.selector, view.choices, view.span, step, view.rate(step))
    question = LabelQuestion(query.label, selector, view.span.start.timestamp(), view.span.end.timestamp())
    return ask(api, [question]).values(question)


def _annotation_question(view: View, annotation: Annotation) -> RangeQuestion:
    step = step_of(annotation, view.span.seconds / 10_000)
    start, end = aligned(view, step)
    expression = in_query(annotation.expr, view.choices, view.span, step, view.rate(step))
    return RangeQuestion(expression, start, end, step)


def _events(
    annotations: Sequence[tuple[Annotation, RangeQuestion]], answers: Answers
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    happened: list[Event] = []
    problems: list[str] = []
    for annotation, question in annotations:
        try:
            happened.extend(events(annotation, answers.samples(question), question.step))
        except PrometheusError as error:
            problems.append(f"annotation {annotation.name}: {error}")
    return tuple(happened), tuple(problems)


def _drawn(
    panel: Panel, targets: tuple[Asked, ...], answers: Answers, happened: tuple[Event, ...], view: View
) -> Drawn:
    try:
        data = PanelData(
            frames(targets, answers),
            tuple(exemplar for one in targets if one.exemplars for exemplar in answers.exemplars(one.exemplars)),
            happened if panel.type in _EVENTFUL else (),
        )
    except PrometheusError as error:
        return failed(str(error))
    return draw(panel, data, view)
