"""Places panels on Grafana's grid of 24 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafanalib.core import GridPos

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = 24
HEADING_HEIGHT = 1
PANEL_HEIGHT = 8
#: More than three panels side by side are too narrow to read at 1280 pixels.
MOST_PER_LINE = 3


def section_height(panels: int) -> int:
    """Return the height of a heading and ``panels`` below it."""
    return HEADING_HEIGHT + PANEL_HEIGHT * -(-panels // MOST_PER_LINE)


def heading_position(top: int) -> GridPos:
    """Return the place of a section's heading."""
    return GridPos(h=HEADING_HEIGHT, w=COLUMNS, x=0, y=top)


def positions(panels: int, top: int) -> Iterator[GridPos]:
    """Yield a place for each panel of a section whose heading is at ``top``: full lines, of even width."""
    lines = -(-panels // MOST_PER_LINE)
    for line in range(lines):
        count = panels // lines + (line < panels % lines)
        width = COLUMNS // count
        y = top + HEADING_HEIGHT + line * PANEL_HEIGHT
        yield from (GridPos(h=PANEL_HEIGHT, w=width, x=index * width, y=y) for index in range(count))
