"""How often values fell into each bucket of a histogram, over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import hexadecimal, translucent
from payment_bundle.preview.drawn import Drawn, State, empty
from payment_bundle.preview.figure import Figure, event_marks, finite, margins, milliseconds, plain, time_axis
from payment_bundle.preview.templates import render
from payment_bundle.preview.units import format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.series import Series, Values
    from payment_bundle.preview.view import View

#: Scales that go from the panel's own colour to a strong one, and read on a dark and on a light panel alike.
_STRONGEST = {
    "Blues": "semi-dark-blue",
    "Greens": "semi-dark-green",
    "Greys": "gray",
    "Oranges": "semi-dark-orange",
    "Purples": "semi-dark-purple",
    "Reds": "semi-dark-red",
}
_MANY_COLOURED = {"Viridis", "Turbo", "Magma", "Inferno", "Plasma"}


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return the heatmap, and a table of the events in each bucket."""
    buckets = sorted(data.series, key=_bound)
    if not buckets:
        return empty(panel)
    cumulative = any(frame.target.format == "heatmap" for frame in data.frames)
    rows = _apart([bucket.values for bucket in buckets]) if cumulative else [bucket.values for bucket in buckets]
    axis = panel.options.y_axis
    unit = axis.unit or panel.field_config.defaults.unit
    names = [_bucket_name(bucket, unit, axis.decimals) for bucket in buckets]
    totals = [format_value(math.fsum(value or 0 for value in row), "short") for row in rows]
    html = render("heatmap.html", title=panel.title, buckets=list(zip(names, totals, strict=True))[::-1])
    return Drawn(State.DRAWN, html, _figure(panel, data, view, buckets[0].times, names, rows))


def _figure(  # noqa: PLR0913, PLR0917 - each is one side of the chart
    panel: Panel, data: PanelData, view: View, times: Sequence[float], names: Sequence[str], rows: Sequence[Values]
) -> Figure:
    trace = {
        "type": "heatmap",
        "x": [milliseconds(at) for at in times],
        "y": list(range(len(names))),
        "z": [[value or None for value in finite(row)] for row in rows],
        "customdata": [[name] * len(times) for name in names],
        "text": [[format_value(value, "short") if value else "" for value in row] for row in rows],
        "colorscale": _scale(panel.options.color.scheme),
        "hoverinfo": "none",
        "hoverongaps": False,
        "ygap": 1,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickformat": "~s"},
    }
    skip = max(len(names) // 8, 1)
    marks = list(range(0, len(names), skip))
    layout = {
        "xaxis": time_axis(view.span.start.timestamp(), view.span.end.timestamp()),
        "yaxis": {
            "tickvals": marks,
            "ticktext": [plain(names[index]) for index in marks],
            "range": [-0.5, len(names) - 0.5],
            "title": {"text": plain(panel.options.y_axis.axis_label)},
        },
        "margin": {**margins((names[index] for index in marks), title=panel.options.y_axis.axis_label), "r": 60},
        "hovermode": "closest",
        **event_marks(data.events),
    }
    return Figure((trace,), layout, data.events)


def _scale(scheme: str) -> str | list[tuple[float, str]]:
    if scheme in _MANY_COLOURED:
        return scheme
    colour = hexadecimal(_STRONGEST.get(scheme, "semi-dark-orange"))
    return [(0, translucent(colour, 0.12)), (1, translucent(colour, 1))]


def _bound(bucket: Series) -> float:
    try:
        return float(bucket.labels.get("le", bucket.name))
    except ValueError:
        return math.inf


def _bucket_name(bucket: Series, unit: str, decimals: int | None) -> str:
    bound = _bound(bucket)
    return "+Inf" if math.isinf(bound) else format_value(bound, unit, decimals)


def _apart(rows: Sequence[Values]) -> list[Values]:
    """Return what falls into each bucket alone: Prometheus counts in each what is in the smaller ones too."""
    apart: list[Values] = []
    below: Values = (None,) * len(rows[0])
    for row in rows:
        apart.append(
            tuple(
                None if value is None else max(value - (under or 0), 0) for value, under in zip(row, below, strict=True)
            )
        )
        below = row
    return apart
