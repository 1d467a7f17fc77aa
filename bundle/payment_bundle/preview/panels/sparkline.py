"""The small line below a figure, as an SVG path in a box of 100 by 30."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.series import Series

WIDTH, HEIGHT = 100, 30


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The line, and the same with the area below it."""

    line: str
    area: str


def sparkline(series: Series, options: FieldOptions) -> Sparkline | None:
    """Return the line of a series, ``None`` where it has fewer than two points."""
    count = len(series.values)
    points = [(index, value) for index, value in enumerate(series.values) if value is not None]
    if len(points) < 2:
        return None
    low = min(value for _, value in points) if options.min is None else options.min
    high = max(value for _, value in points) if options.max is None else options.max
    size = high - low or 1

    def place(index: int, value: float) -> str:
        share = min(max((value - low) / size, 0), 1) if high > low else 0.5
        return f"{index / (count - 1) * WIDTH:.2f} {HEIGHT - 1 - share * (HEIGHT - 2):.2f}"

    line = "M" + " L".join(place(index, value) for index, value in points)
    first, last = (points[end][0] / (count - 1) * WIDTH for end in (0, -1))
    return Sparkline(line, f"{line} L{last:.2f} {HEIGHT} L{first:.2f} {HEIGHT} Z")
