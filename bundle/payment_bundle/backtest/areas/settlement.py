"""Operations whose outcome is unknown: when the gateway's answer to a later question ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from payment_bundle.backtest.areas.flow_counts import Counts

#: After so long the gateway's word that it knows no such charge is believed.
SETTLE_SECONDS = 30
_SURE = 0.999


def settled(
    unknown: NDArray[np.int64], answered: NDArray[np.float64], resolution: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return how many of the ``unknown`` are found out at each moment, shape (n,).

    ``answered`` is the share of the questions at a moment that the gateway answers.
    """
    lag = -(-SETTLE_SECONDS // resolution)
    due = np.zeros_like(unknown)
    due[lag:] = unknown[:-lag]
    ended, waiting = due.copy(), 0
    troubled = np.flatnonzero(answered < _SURE)
    for moment in np.union1d(troubled, troubled + 1):
        if moment < unknown.size:
            waiting += int(due[moment])
            ended[moment] = rng.binomial(waiting, answered[moment])
            waiting -= int(ended[moment])
    return ended


@dataclass(frozen=True, slots=True, eq=False)
class Backlog:
    """Operations without a known outcome, as the database has them: their number, and the oldest's age in seconds."""

    number: NDArray[np.float64]
    age: NDArray[np.float64]

    @classmethod
    def of(cls, counts: Sequence[Counts], resolution: int) -> Self:
        """Return the backlog that all instances share; the first to come is the first to be found out."""
        came = np.cumsum(sum(part.unknown for part in counts))
        went = np.cumsum(sum(part.found for part in counts))
        moments = np.arange(came.size)
        oldest = np.minimum(np.searchsorted(came, went, side="right"), moments)
        waiting = (came - went).astype(np.float64)
        return cls(waiting, np.where(waiting > 0, (moments - oldest) * float(resolution), 0))
