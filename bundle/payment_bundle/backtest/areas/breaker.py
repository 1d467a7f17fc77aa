"""The circuit breaker before the gateway, call by call where calls fail often enough to open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from payment_catalog.vocabulary import BreakerState
from payment_service.gateway.client import BREAKER_SECONDS, BREAKER_THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Of fewer failures five in a row are not to be seen in years.
_RARE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Guarded:
    """What became of an instance's calls, counts of shape (n,).

    ``failed`` were sent, or tried, and failed; ``refused`` were not tried because the breaker was open. ``state`` is
    the breaker's at each moment, as the metric shows it.
    """

    failed: NDArray[np.int64]
    refused: NDArray[np.int64]
    state: NDArray[np.float64]


@dataclass(slots=True)
class _Breaker:
    """The state that calls leave behind; times are seconds since the first moment."""

    in_a_row: int = 0
    opened: float | None = None

    def call(self, time: float, fails: bool) -> bool:
        """Take a call that would fail or not; return whether it is tried at all."""
        if self.opened is not None and time - self.opened < BREAKER_SECONDS:
            return False
        if not fails:
            self.in_a_row, self.opened = 0, None
        elif self.opened is not None:
            self.opened = time
        else:
            self.in_a_row += 1
            if self.in_a_row >= BREAKER_THRESHOLD:
                self.in_a_row, self.opened = 0, time
        return True


def guard(calls: NDArray[np.int64], failing: NDArray[np.float64], resolution: int, rng: np.random.Generator) -> Guarded:
    """Send ``calls`` through the breaker, of which the share ``failing`` fails (shapes (n,))."""
    failed = rng.binomial(calls, failing)
    refused = np.zeros_like(failed)
    state = np.full(calls.size, float(BreakerState.CLOSED.value_on_metrics))
    breaker, reached = _Breaker(), 0
    for first in np.flatnonzero(failing > _RARE):
        position = max(int(first), reached)
        while position < calls.size and (failing[position] > _RARE or breaker.opened is not None):
            number = calls[position]
            times = (position + np.sort(rng.random(number))) * resolution
            fails = rng.random(number) < failing[position]
            tried = [breaker.call(time, bad) for time, bad in zip(times.tolist(), fails.tolist(), strict=True)]
            failed[position] = int(np.count_nonzero(fails & tried)) if number else 0
            refused[position] = number - sum(tried)
            if breaker.opened is not None:
                state[position] = BreakerState.OPEN.value_on_metrics
            position += 1
        reached = position
    return Guarded(failed, refused, state)
