"""A chart as plain data: what is drawn, without the theme, which the page adds. Times are milliseconds since 1970."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_bundle.preview.events import Event
    from payment_bundle.preview.ticks import ValueAxis

Json = dict[str, Any]
#: Pixels of a letter and of a line in a chart.
_LETTER, _LINE = 7, 18


@dataclass(frozen=True, slots=True)
class Figure:
    """Traces and layout in Plotly's terms (https://plotly.com/javascript/reference/)."""

    traces: tuple[Json, ...]
    layout: Json
    events: tuple[Event, ...] = ()

    def as_json(self) -> Json:
        """Return what the page's script reads."""
        return {"data": list(self.traces), "layout": self.layout, "events": [_told(event) for event in self.events]}


def plain(text: str) -> str:
    """Return ``text`` so that Plotly, which reads some HTML in texts, shows it as it is."""
    return escape(text, quote=False)


def milliseconds(seconds: float) -> int:
    """Return seconds since 1970 in the figure's unit of time."""
    return round(seconds * 1000)


def finite(values: Iterable[float | None]) -> list[float | None]:
    """Return what JSON can carry: ``None`` for what is no number."""
    return [value if value is not None and math.isfinite(value) else None for value in values]


def time_axis(start: float, end: float) -> Json:
    """Return the horizontal axis from ``start`` to ``end``, in seconds since 1970."""
    return {"type": "date", "range": [milliseconds(start), milliseconds(end)]}


def vertical_axis(axis: ValueAxis) -> Json:
    """Return the vertical axis."""
    return {
        "type": "log" if axis.logarithmic else "linear",
        "range": [axis.low, axis.high],
        "tickvals": [value for value, _ in axis.marks],
        "ticktext": [text for _, text in axis.marks],
        "title": {"text": plain(axis.title)},
    }


def margins(left: Iterable[str], right: Iterable[str] = (), title: str = "") -> Json:
    """Return the room around a chart for its marks' texts: Plotly's own measuring would draw everything twice."""
    widest_left, widest_right = (max((len(text) for text in texts), default=0) for texts in (left, right))
    return {
        "l": 10 + widest_left * _LETTER + (_LINE if title else 0),
        "r": 14 + widest_right * _LETTER,
        "t": 8,
        "b": 24,
    }


def event_marks(events: Iterable[Event]) -> Json:
    """Return a dashed line and a mark for each event, and a region where it lasted."""
    shapes: list[Json] = []
    notes: list[Json] = []
    for event in events:
        start, end = milliseconds(event.start), milliseconds(event.end)
        line = {"color": event.colour, "width": 1, "dash": "dash"}
        shapes.append({"type": "line", "x0": start, "x1": start, "y0": 0, "y1": 1, "yref": "paper", "line": line})
        if end > start:
            region = {"x0": start, "x1": end, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 0}}
            shapes.append({"type": "rect", "fillcolor": event.colour, "opacity": 0.08, "layer": "below", **region})
            shapes.append({"type": "line", "x0": end, "x1": end, "y0": 0, "y1": 1, "yref": "paper", "line": line})
        notes.append(
            {
                "x": start,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "text": "▲",
                "showarrow": False,
                "font": {"color": event.colour, "size": 10},
            }
        )
    return {"shapes": shapes, "annotations": notes}


def _told(event: Event) -> Json:
    return {
        "start": milliseconds(event.start),
        "end": milliseconds(event.end),
        "title": event.title,
        "text": event.text,
        "tags": list(event.tags),
        "colour": event.colour,
    }
