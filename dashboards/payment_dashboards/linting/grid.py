"""Rules about places on Grafana's grid of 24 columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from payment_dashboards.layout import COLUMNS
from payment_dashboards.linting.model import ROW, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payment_dashboards.linting.model import Dashboard, Node, Rule, Surroundings


@dataclass(frozen=True, slots=True)
class Area:
    """The cells of a panel; ``y`` grows downwards."""

    x: int
    y: int
    w: int
    h: int

    @classmethod
    def of(cls, panel: Node) -> Area | None:
        """Return the area of ``panel``, or None where it does not say one in whole numbers."""
        place = panel.part("gridPos").content
        x, y, w, h = (place.get(key) for key in ("x", "y", "w", "h"))
        if isinstance(x, int) and isinstance(y, int) and isinstance(w, int) and isinstance(h, int):
            return cls(x, y, w, h)
        return None

    @property
    def inside(self) -> bool:
        """Whether it is something, and within the grid."""
        return self.x >= 0 and self.y >= 0 and self.w > 0 and self.h > 0 and self.x + self.w <= COLUMNS

    def crosses(self, line: int) -> bool:
        """Whether it has cells on ``line``."""
        return self.y <= line < self.y + self.h

    def beside(self, other: Area) -> bool:
        """Whether a line of both exists."""
        return self.y < other.y + other.h and other.y < self.y + self.h

    def above(self, other: Area) -> bool:
        """Whether a column of both exists."""
        return self.x < other.x + other.w and other.x < self.x + self.w


def grid_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Panels stay on the grid, do not overlap and leave no hole above or to the left of one."""
    placed: list[tuple[Node, Area]] = []
    for panel in dashboard.placed_panels:
        area = Area.of(panel)
        if area is None:
            yield Problem("grid-rule", panel, "has no gridPos of four whole numbers x, y, w, h")
        elif not area.inside:
            yield Problem(
                "grid-rule", panel, f"lies outside of the grid: columns {area.x} to {area.x + area.w} of {COLUMNS}"
            )
        else:
            placed.append((panel, area))
    for (panel, area), (other, others) in combinations(placed, 2):
        if area.beside(others) and area.above(others):
            yield Problem("grid-rule", other, f"overlaps '{panel.name}': move one of them")
    areas = [area for _, area in placed]
    for panel, area in placed:
        yield from _holes(panel, area, areas)


def _holes(panel: Node, area: Area, areas: Sequence[Area]) -> Iterator[Problem]:
    if area.y and not any(other.crosses(area.y - 1) and other.above(area) for other in areas):
        top = max((other.y + other.h for other in areas if other.above(area) and other.y < area.y), default=0)
        yield Problem("grid-rule", panel, f"has nothing above it, and Grafana pulls it up: y must be {top}")
    covered = {
        column for other in areas if other.crosses(area.y) for column in range(other.x, min(other.x + other.w, area.x))
    }
    if len(covered) < area.x:
        free = min(set(range(area.x)) - covered)
        yield Problem("grid-rule", panel, f"has a hole to its left: move it to column {free} or fill the hole")


def row_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """A row is a heading of one full line, and open."""
    for panel in dashboard.placed_panels:
        if panel.text("type") != ROW:
            continue
        if not panel.text("title"):
            yield Problem("row-rule", panel, "has no title: say which question the row answers")
        if panel.content.get("collapsed") is not False or panel.content.get("panels") != []:
            yield Problem("row-rule", panel, "is collapsed: 'collapsed' must be false and 'panels' an empty list")
        area = Area.of(panel)
        if area and (area.x, area.w, area.h) != (0, COLUMNS, 1):
            yield Problem("row-rule", panel, f"must be one line high and {COLUMNS} columns wide, from column 0")


RULES: tuple[Rule, ...] = (grid_rule, row_rule)
