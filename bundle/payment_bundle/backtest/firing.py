"""When an alert fires: ``for`` and ``keep_firing_for`` as Prometheus applies them.

After ``AlertingRule.Eval`` in Prometheus' rules/alerting.go, which is the same in 2.42 and 3.x but for a rule whose
``for`` is changed while it fires.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Firing:
    """Evaluations, counted from the first: that since which it is active, that at which it fires, that which ends it.

    ``end`` is the number of evaluations when it still fires at the last.
    """

    active: int
    start: int
    end: int


def firings(found: NDArray[np.int64], evaluations: int, pending: int, keep: int) -> tuple[Firing, ...]:
    """Return when one label set fires, of ``evaluations`` of which those in ``found`` have a result for it.

    ``found`` rises. ``pending`` and ``keep`` are ``for`` and ``keep_firing_for`` in evaluations, rounded up: it fires
    when as many have passed since the first result as ``for`` takes, and no longer when as many have passed since the
    first without a result. A pending one that has no result at one evaluation begins anew.
    """
    fired: list[Firing] = []
    for first, last in _runs(found):
        goes_on = bool(fired) and first <= fired[-1].end
        if not goes_on and last - first < pending:
            continue
        end = min(last + 1 + keep, evaluations)
        if goes_on:
            fired[-1] = Firing(fired[-1].active, fired[-1].start, end)
        else:
            fired.append(Firing(first, first + pending, end))
    return tuple(fired)


def _runs(found: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Return the first and the last of each run of numbers without a gap."""
    if not found.size:
        return
    gaps = np.flatnonzero(np.diff(found) > 1)
    firsts = found[np.concatenate(([0], gaps + 1))]
    lasts = found[np.concatenate((gaps, [found.size - 1]))]
    yield from zip(firsts.tolist(), lasts.tolist(), strict=True)
