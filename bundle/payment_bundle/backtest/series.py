"""A series of the simulated history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """``values`` of the series ``name`` at each moment of the timeline, NaN where it was not scraped."""

    name: str
    labels: Mapping[str, str]
    values: NDArray[np.float64]
