"""Places panels on Grafana's grid of 24 columns."""

from __future__ import annotations

from dataclasses import dataclass

from grafanalib.core import GridPos

COLUMNS = 24
HEADING_HEIGHT = 1


@dataclass(slots=True)
class Layout:
    """The place of each panel, from the top left, line by line; a heading begins a new line."""

    _x: int = 0
    _y: int = 0
    _line: int = 0

    def heading(self) -> GridPos:
        """Return the place of a row's heading, below everything before it."""
        self._break()
        place = GridPos(h=HEADING_HEIGHT, w=COLUMNS, x=0, y=self._y)
        self._y += HEADING_HEIGHT
        return place

    def place(self, width: int, height: int) -> GridPos:
        """Return the place of the next panel; raises ValueError where it leaves a gap in the line above it."""
        if self._x == COLUMNS:
            self._break()
        if self._x + width > COLUMNS:
            raise ValueError(f"a panel {width} wide does not fit beside others {self._x} wide")
        if self._line not in {0, height}:
            raise ValueError(f"a panel {height} high stands beside others {self._line} high")
        place = GridPos(h=height, w=width, x=self._x, y=self._y)
        self._x += width
        self._line = height
        return place

    def _break(self) -> None:
        self._y += self._line
        self._x = self._line = 0
