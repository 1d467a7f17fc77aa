"""How long answers take: lognormal, counted in those of the declared buckets that tell something."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from payment_catalog.http_metrics import LATENCY_BUCKETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.scrape import Scrape
    from payment_bundle.backtest.series import Series
    from payment_catalog.metric import Metric

#: Buckets below and between these say nothing that an alert reads.
EDGES = tuple(edge for edge in LATENCY_BUCKETS if edge >= 0.05 and edge not in {0.75, 5.0})
#: Spread of the logarithm of an answer's time.
SPREAD = 0.42

_GRID = np.linspace(-6, 6, 2401)
_NORMAL = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in _GRID])


def share_within(seconds: float, median: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of answers that take at most so long where the median is ``median`` seconds, shape (n,)."""
    share: NDArray[np.float64] = np.interp((math.log(seconds) - np.log(median)) / SPREAD, _GRID, _NORMAL)
    return share


def counted(number: NDArray[np.int64], median: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how many of ``number`` answers fall into each interval between edges, shape (edges + 1, n)."""
    within = np.stack([np.zeros_like(median), *(share_within(edge, median) for edge in EDGES), np.ones_like(median)])
    return rng.multinomial(number, np.diff(within, axis=0).T).T


def histogram(scrape: Scrape, metric: Metric, intervals: NDArray[np.int64], **labels: str) -> Iterator[Series]:
    """Return the buckets and the count of a histogram that grows by ``intervals`` (shape (edges + 1, n))."""
    below = np.cumsum(intervals, axis=0)
    for edge, grows in zip((*EDGES, math.inf), below, strict=True):
        le = "+Inf" if math.isinf(edge) else str(edge)
        yield scrape.counted(metric.bucket, grows, **labels, le=le)
    yield scrape.counted(f"{metric.name}_count", below[-1], **labels)
