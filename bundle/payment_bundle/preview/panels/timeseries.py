"""Lines, areas and bars over time."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from payment_bundle.preview.colours import hexadecimal, translucent
from payment_bundle.preview.display import series_colour, show, step_value
from payment_bundle.preview.drawn import Drawn, State, empty
from payment_bundle.preview.fields import Fields
from payment_bundle.preview.figure import (
    Figure,
    Json,
    event_marks,
    finite,
    margins,
    milliseconds,
    time_axis,
    vertical_axis,
)
from payment_bundle.preview.legend import SUMMARY, Plotted, entries, entry, titles
from payment_bundle.preview.panels.exemplars import exemplar_marks, telling
from payment_bundle.preview.series import Series, calculate
from payment_bundle.preview.templates import render
from payment_bundle.preview.ticks import value_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.view import View

#: More lines than this nobody tells apart, and a browser gets slow.
MOST_SERIES = 100
#: More bars are so narrow that their outline says the same, and is drawn in a fraction of the time.
_MOST_BARS = 120
_SHAPES = {"linear": "linear", "smooth": "spline", "stepBefore": "vh", "stepAfter": "hv"}
_DASHES = {"solid": "solid", "dash": "dash", "dot": "dot", "square": "dash"}


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return the chart, its legend, and a table that says the same in figures."""
    found = data.series
    plotted = _plotted(panel, found[:MOST_SERIES])
    if not plotted:
        return empty(panel)
    legend = panel.options.legend
    html = render(
        "chart.html",
        legend=legend,
        titles=titles(legend.calcs),
        entries=entries(plotted, legend, view) if legend.show_legend and legend.display_mode != "hidden" else (),
        summary_titles=titles(SUMMARY),
        summary=[entry(index, one, SUMMARY, view) for index, one in enumerate(plotted)],
        title=panel.title,
        events=data.events,
        left_out=max(len(found) - MOST_SERIES, 0),
    )
    return Drawn(State.DRAWN, html, _figure(plotted, data, view))


def _plotted(panel: Panel, found: Iterable[Series]) -> tuple[Plotted, ...]:
    fields = Fields(panel.field_config)
    plotted: list[Plotted] = []
    for series in found:
        options = fields.of(series.name, series.ref)
        if options.custom.hide_from.viz:
            continue
        if options.custom.transform == "negative-Y":
            series = _negative(series)  # noqa: PLW2901 - the same series, drawn downwards
        last = calculate("lastNotNull", series.values)
        plotted.append(Plotted(series, options, series_colour(len(plotted), last, options, "palette-classic")))
    return tuple(plotted)


def _negative(series: Series) -> Series:
    values = tuple(None if value is None else -value for value in series.values)
    return Series(series.name, series.labels, series.times, values, series.ref)


def _figure(plotted: Sequence[Plotted], data: PanelData, view: View) -> Figure:
    start, end = view.span.start.timestamp(), view.span.end.timestamp()
    axes = _axes(plotted)
    layout: Json = {"xaxis": time_axis(start, end), **event_marks(data.events)}
    texts: dict[str, list[str]] = {}
    for name, members in axes.items():
        options = members[0].options
        stacked = options.custom.stacking.mode == "percent"
        axis = value_axis((0, 100) if stacked else _extent(members), options)
        layout[_layout_name(name)] = vertical_axis(axis) | ({"overlaying": "y", "side": "right"} if name != "y" else {})
        texts[name] = [text for _, text in axis.marks]
        layout["shapes"] += [*_threshold_shapes(options, axis.low, axis.high, name)]
    layout["margin"] = margins(texts.get("y", ()), texts.get("y2", ()), plotted[0].options.custom.axis_label)
    if any(one.options.custom.draw_style == "bars" for one in plotted):
        stacks = any(one.options.custom.stacking.mode != "none" for one in plotted)
        layout |= {"barmode": "relative" if stacks else "overlay", "bargap": 0.1}
    places = {id(one): name for name, members in axes.items() for one in members}
    traces = [_trace(one, places[id(one)]) for one in plotted]
    if data.exemplars:
        traces.append(exemplar_marks(telling(data.exemplars, start, end), plotted[0].options))
    return Figure(tuple(traces), layout, data.events)


def _axes(plotted: Sequence[Plotted]) -> dict[str, list[Plotted]]:
    """Return what stands on the left axis and, where an override says so or the unit is another, on the right."""
    left = next((one for one in plotted if one.options.custom.axis_placement != "right"), plotted[0])
    axes: dict[str, list[Plotted]] = {"y": [], "y2": []}
    for one in plotted:
        other = one.options.custom.axis_placement == "right" or one.options.unit != left.options.unit
        axes["y2" if other and one is not left else "y"].append(one)
    return {name: members for name, members in axes.items() if members}


def _layout_name(axis: str) -> str:
    return axis.replace("y", "yaxis", 1)


def _extent(plotted: Sequence[Plotted]) -> Iterator[float]:
    """Yield every value that must be on the axis: of stacked series their sums, and zero where bars or areas stand."""
    for stacked, members in groupby(plotted, lambda one: one.options.custom.stacking.mode != "none"):
        rows = [one.series.values for one in members]
        if stacked:
            yield 0
            yield from (sum(value or 0 for value in column) for column in zip(*rows, strict=False))
        else:
            yield from (value for row in rows for value in row if value is not None)
    if any(one.options.custom.draw_style == "bars" for one in plotted):
        yield 0


def _trace(plotted: Plotted, axis: str) -> Json:
    series, options = plotted.series, plotted.options
    custom = options.custom
    trace: Json = {
        "name": plotted.name,
        "x0": milliseconds(series.times[0]),
        "dx": milliseconds(series.times[1] - series.times[0]) if len(series.times) > 1 else 1,
        "y": finite(series.values),
        "text": [show(value, options).text for value in series.values],
        "hoverinfo": "skip" if custom.hide_from.tooltip else "none",
        "yaxis": axis,
    }
    if custom.draw_style == "bars" and len(series.values) > _MOST_BARS:
        return trace | _line(plotted) | {"line": {"color": plotted.colour, "width": custom.line_width, "shape": "hvh"}}
    if custom.draw_style == "bars":
        opacity = max(custom.fill_opacity, 10) / 100
        border = {"color": plotted.colour, "width": custom.line_width}
        return trace | {"type": "bar", "marker": {"color": translucent(plotted.colour, opacity), "line": border}}
    return trace | _line(plotted)


def _line(plotted: Plotted) -> Json:
    custom = plotted.options.custom
    points = custom.show_points == "always" or (custom.show_points == "auto" and _lonely(plotted.series))
    mode = "markers" if custom.draw_style == "points" else "lines+markers" if points else "lines"
    line: Json = {
        "type": "scatter",
        "mode": mode,
        "line": {
            "color": plotted.colour,
            "width": custom.line_width,
            "dash": _DASHES[custom.line_style.fill],
            "shape": _SHAPES[custom.line_interpolation],
        },
        "marker": {"color": plotted.colour, "size": 5},
        "connectgaps": bool(custom.span_nulls),
    }
    stacking: dict[str, Any] = {}
    if custom.stacking.mode != "none":
        stacking = {"stackgroup": custom.stacking.group, "stackgaps": "infer zero"}
        if custom.stacking.mode == "percent":
            stacking["groupnorm"] = "percent"
    if custom.fill_opacity:
        stacking |= {"fillcolor": translucent(plotted.colour, custom.fill_opacity / 100)}
        stacking.setdefault("fill", "tonexty" if stacking.get("stackgroup") else "tozeroy")
    elif stacking:
        stacking["fill"] = "none"
    return line | stacking


def _lonely(series: Series) -> bool:
    """Return whether a point stands between gaps, where a line would not show it."""
    padded = (None, *series.values, None)
    return any(
        value is not None and padded[index] is None and padded[index + 2] is None
        for index, value in enumerate(series.values)
    )


def _threshold_shapes(options: FieldOptions, low: float, high: float, axis: str) -> Iterator[Json]:
    style = options.custom.thresholds_style.mode
    steps = options.thresholds.steps
    # As in Grafana: before a transparent step a limit is one from above, and has the colour of what lies below it.
    clear = next((index for index, step in enumerate(steps) if step.color == "transparent"), -1)
    for index, step in enumerate(steps):
        value = step_value(step, options)
        colour = hexadecimal(steps[index - 1].color if 0 < index <= clear else step.color)
        across = {"xref": "paper", "x0": 0, "x1": 1, "yref": axis}
        if "area" in style:
            top = min(step_value(steps[index + 1], options), high) if index + 1 < len(steps) else high
            bottom = max(value, low)
            if top > bottom:
                region = {"y0": bottom, "y1": top, "fillcolor": colour, "opacity": 0.1, "line": {"width": 0}}
                yield {"type": "rect", "layer": "below", **across, **region}
        if style not in {"off", "area"} and low <= value <= high:
            dash = "dash" if "dashed" in style else "solid"
            line = {"color": colour, "width": 1.5, "dash": dash}
            yield {"type": "line", "y0": value, "y1": value, "line": line, "name": "threshold", **across}
