"""Large figures, coloured by their thresholds, with a small line of how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import readable_on
from payment_bundle.preview.display import show
from payment_bundle.preview.drawn import Drawn, State, empty
from payment_bundle.preview.panels.reduced import reduced
from payment_bundle.preview.panels.sparkline import sparkline
from payment_bundle.preview.templates import render

if TYPE_CHECKING:
    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.panels.sparkline import Sparkline
    from payment_bundle.preview.view import View


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    name: str
    text: str
    colour: str
    ink: str
    links: tuple[Link, ...]
    line: Sparkline | None

    @property
    def length(self) -> int:
        """Characters of the longest text, for the size of the letters."""
        return max(len(self.text), 4)


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return a tile for each series."""
    found = reduced(panel, data, view)
    if not found:
        return empty(panel)
    options = panel.options
    named = options.text_mode in {"value_and_name", "name"} or (options.text_mode == "auto" and len(found) > 1)
    tiles = []
    for one in found:
        shown = show(one.value, one.options, view.now)
        tiles.append(
            Tile(
                name=one.name if named else "",
                text="" if options.text_mode in {"name", "none"} else shown.text,
                colour=shown.colour,
                ink=readable_on(shown.colour or "#000000"),
                links=one.links,
                line=sparkline(one.series, one.options) if options.graph_mode == "area" and one.series else None,
            )
        )
    html = render("stat.html", tiles=tiles, mode=options.color_mode, orientation=options.orientation, title=panel.title)
    return Drawn(State.DRAWN, html)
