"""The moments at which the simulated service is scraped and its rules are evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEEK = 7 * 24 * 3600
#: A Monday, 00:00 UTC. Fixed, so that one seed makes one history.
START = 1_767_571_200


@dataclass(frozen=True)
class Timeline:
    """Evenly spaced moments, ``resolution`` seconds apart, over ``weeks`` from ``start`` (Unix time).

    ``resolution`` divides a minute, so that subqueries, whose steps are whole minutes, meet moments.
    """

    weeks: int
    resolution: int = 30
    start: int = START

    def __post_init__(self) -> None:
        if self.weeks < 1 or self.resolution < 1 or 60 % self.resolution:
            raise ValueError(f"{self.weeks} weeks at {self.resolution} s: at least one week, and a divisor of 60 s")

    @property
    def end(self) -> int:
        """The first moment after the last, Unix time."""
        return self.start + self.weeks * WEEK

    @cached_property
    def moments(self) -> NDArray[np.int64]:
        """Unix times, shape (n,)."""
        return np.arange(self.start, self.end, self.resolution, dtype=np.int64)

    @property
    def size(self) -> int:
        """The number of moments."""
        return self.weeks * WEEK // self.resolution

    def during(self, start: int, end: int) -> slice:
        """Return where ``moments`` lie in [``start``, ``end``), Unix times."""
        first, last = (-(-(moment - self.start) // self.resolution) for moment in (start, end))
        return slice(max(0, first), max(0, last))
