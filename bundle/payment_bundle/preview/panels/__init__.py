"""One module for each type of panel: what it makes of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.preview.panels import bargauge, heatmap, stat, state_timeline, table, text, timeseries

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.drawn import Drawn
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.view import View

_DRAWING: dict[str, Callable[[Panel, PanelData, View], Drawn]] = {
    "bargauge": bargauge.draw,
    "heatmap": heatmap.draw,
    "stat": stat.draw,
    "state-timeline": state_timeline.draw,
    "table": table.draw,
    "text": text.draw,
    "timeseries": timeseries.draw,
}


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return what ``panel`` shows of ``data``."""
    return _DRAWING[panel.type](panel, data, view)
