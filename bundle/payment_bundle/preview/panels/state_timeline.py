"""Which state something was in, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import readable_on
from payment_bundle.preview.display import Shown, show
from payment_bundle.preview.drawn import Drawn, State, empty
from payment_bundle.preview.fields import Fields
from payment_bundle.preview.figure import Figure, event_marks, margins, milliseconds, plain, time_axis
from payment_bundle.preview.links import data_links, datum_of
from payment_bundle.preview.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.figure import Json
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.series import Series
    from payment_bundle.preview.view import View

_MOST = 60
#: What fits beside the lanes; the tooltip and the figures have the whole.
_LONGEST_NAME = 24
_LONGEST_NAME_ON_A_WIDE_PANEL = 44
_WIDE = 18
_LONGEST_NAME_ON_A_PHONE = 12


@dataclass(frozen=True, slots=True)
class Stretch:
    """A state from ``start`` to ``end``, in seconds since 1970."""

    shown: Shown
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Lane:
    """The states of one series."""

    name: str
    stretches: tuple[Stretch, ...]
    links: tuple[Link, ...] = ()


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return the lanes, and a table of their states now."""
    lanes = _lanes(panel, data, view)
    if not lanes:
        return empty(panel)
    states = {stretch.shown.text: stretch.shown for lane in lanes for stretch in lane.stretches}
    html = render(
        "state-timeline.html",
        title=panel.title,
        lanes=lanes,
        states=list(states.values()) if panel.options.legend.show_legend else [],
    )
    return Drawn(State.DRAWN, html, _figure(panel, lanes, list(states.values()), data, view))


def _lanes(panel: Panel, data: PanelData, view: View) -> tuple[Lane, ...]:
    fields = Fields(panel.field_config)
    lanes = []
    for series in data.series[:_MOST]:
        options = fields.of(series.name, series.ref)
        stretches = tuple(_stretches(series, options))
        links = data_links(options.links, view, datum_of(series, stretches[-1].shown.text)) if stretches else ()
        lanes.append(Lane(options.display_name or series.name, stretches, links))
    return tuple(lanes)


def _stretches(series: Series, options: FieldOptions) -> Iterator[Stretch]:
    step = series.times[1] - series.times[0] if len(series.times) > 1 else 60
    current: Stretch | None = None
    for at, value in zip(series.times, series.values, strict=True):
        shown = show(value, options) if value is not None else None
        if current and (shown is None or shown != current.shown):
            yield current
            current = None
        if shown:
            current = Stretch(shown, current.start if current else at, at + step)
    if current:
        yield current


def _figure(panel: Panel, lanes: Sequence[Lane], states: Sequence[Shown], data: PanelData, view: View) -> Figure:
    traces = [_trace(panel, lanes, state) for state in states]
    wide = _LONGEST_NAME_ON_A_WIDE_PANEL if panel.grid_pos.w >= _WIDE else _LONGEST_NAME
    longest = _LONGEST_NAME_ON_A_PHONE if view.is_narrow else wide
    names = [plain(_short(lane.name, longest)) for lane in lanes]
    layout = {
        "xaxis": time_axis(view.span.start.timestamp(), view.span.end.timestamp()),
        "yaxis": {
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [len(names) - 0.5, -0.5],
            "showgrid": False,
        },
        "margin": margins(names),
        "barmode": "overlay",
        "bargap": 0.15,
        "hovermode": "closest",
        **event_marks(data.events),
    }
    return Figure(tuple(traces), layout, data.events)


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _trace(panel: Panel, lanes: Sequence[Lane], state: Shown) -> Json:
    found = [
        (index, stretch)
        for index, lane in enumerate(lanes)
        for stretch in lane.stretches
        if stretch.shown.text == state.text
    ]
    colour = state.colour or "#8E8E8E"
    return {
        "type": "bar",
        "orientation": "h",
        "name": state.text,
        "base": [milliseconds(stretch.start) for _, stretch in found],
        "x": [milliseconds(stretch.end - stretch.start) for _, stretch in found],
        "y": [index for index, _ in found],
        "text": plain(state.text),
        "textposition": "none" if panel.options.show_value == "never" else "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "textfont": {"color": readable_on(colour)},
        "constraintext": "inside",
        "customdata": [lanes[index].name for index, _ in found],
        "marker": {"color": colour, "line": {"width": 0}},
        "hoverinfo": "none",
    }
