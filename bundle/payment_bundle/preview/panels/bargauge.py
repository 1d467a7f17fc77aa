"""Bars of which each is a value between minimum and maximum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.display import show
from payment_bundle.preview.drawn import Drawn, State, empty
from payment_bundle.preview.panels.reduced import reduced
from payment_bundle.preview.templates import render

if TYPE_CHECKING:
    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.panels.reduced import Reduced
    from payment_bundle.preview.view import View


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``share`` is how much of the room it fills, in percent."""

    name: str
    text: str
    colour: str
    share: float
    links: tuple[Link, ...]


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return a bar for each series."""
    found = reduced(panel, data, view)
    if not found:
        return empty(panel)
    values = [one.value for one in found if one.value is not None and math.isfinite(one.value)]
    bars = [_bar(one, min(0.0, *values, 0.0), max(values, default=0.0), view) for one in found]
    options = panel.options
    html = render(
        "bargauge.html",
        bars=bars,
        mode=options.display_mode,
        vertical=options.orientation == "vertical",
        title=panel.title,
    )
    return Drawn(State.DRAWN, html)


def _bar(one: Reduced, least: float, most: float, view: View) -> Bar:
    options = one.options
    low = least if options.min is None else options.min
    high = options.max if options.max is not None else most if most > low else low + 1
    value = one.value if one.value is not None and math.isfinite(one.value) else low
    share = 100 * min(max((value - low) / (high - low or 1), 0), 1)
    shown = show(one.value, options, view.now)
    return Bar(one.name, shown.text, shown.colour, round(share, 2), one.links)
