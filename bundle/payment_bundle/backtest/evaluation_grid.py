"""The moments at which rules are evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.timeline import Timeline

#: What Prometheus answers at most for each series of a range query.
MOST_POINTS = 11_000
_MILLISECONDS = 1000
_AFTER_SCRAPE = 500


@dataclass(frozen=True, slots=True)
class Grid:
    """``size`` evaluations, ``step`` apart from ``start`` on: milliseconds, as Prometheus counts."""

    start: int
    step: int
    size: int

    def __post_init__(self) -> None:
        if self.step < 1 or self.size < 1:
            raise ValueError(f"{self.size} evaluations {self.step} ms apart: there must be one, and time between two")

    @classmethod
    def of(cls, timeline: Timeline) -> Grid:
        """Return an evaluation soon after each scrape at a moment of ``timeline``.

        At the same time would be unlike a live one: a window would begin with a scrape, which Prometheus counts in
        before version 3 and not since then.
        """
        return cls(timeline.start * _MILLISECONDS + _AFTER_SCRAPE, timeline.resolution * _MILLISECONDS, timeline.size)

    @classmethod
    def between(cls, start: datetime, end: datetime, step: timedelta) -> Grid:
        """Return the evaluations from ``start`` on, before ``end``."""
        first, last = (round(moment.timestamp() * _MILLISECONDS) for moment in (start, end))
        apart = step // timedelta(milliseconds=1)
        return cls(first, apart, -(-(last - first) // apart))

    @property
    def moments(self) -> NDArray[np.int64]:
        """Unix times in milliseconds, shape (size,)."""
        return self.start + self.step * np.arange(self.size, dtype=np.int64)

    def every(self, interval: timedelta | None) -> Grid:
        """Return those of a group with its own ``interval``, which may not be shorter than the step."""
        step = max(self.step, interval // timedelta(milliseconds=1) if interval else 0)
        return Grid(self.start, step, -(-(self.size * self.step) // step))

    def parts(self) -> Iterator[Grid]:
        """Return grids side by side, none too long for one range query and all of about the same length."""
        count = -(-self.size // MOST_POINTS)
        bounds = [self.size * part // count for part in range(count + 1)]
        for first, last in pairwise(bounds):
            yield Grid(self.start + first * self.step, self.step, last - first)

    def evaluations(self, duration: timedelta) -> int:
        """Return how many steps ``duration`` takes, rounded up."""
        return -(-(duration // timedelta(milliseconds=1)) // self.step)

    def second(self, evaluation: int) -> int:
        """Return the Unix time of an evaluation."""
        return (self.start + evaluation * self.step) // _MILLISECONDS

    def moment(self, evaluation: int) -> datetime:
        """Return the time of an evaluation."""
        return datetime.fromtimestamp((self.start + evaluation * self.step) / _MILLISECONDS, UTC)
