"""What a target's ``/metrics`` showed over the timeline: gauges as they are, counters since the process began."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from payment_alerts.scenario_series import Target
    from payment_catalog.metric import Metric

    #: What is added from one moment to the next.
    Counted = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scrape:
    """A target that answered where ``up`` (shape (n,)) is 1, and whose process began anew where ``restarted`` is true.

    Labels of the series are the target's and those given.
    """

    target: Target
    up: NDArray[np.float64]
    restarted: NDArray[np.bool_]

    @cached_property
    def _began(self) -> NDArray[np.intp]:
        """For each moment the one at which its process began, shape (n,); 0 for the first process."""
        moments = np.arange(self.up.size)
        return np.maximum.accumulate(np.where(self.restarted, moments, 0))

    @cached_property
    def _missed(self) -> NDArray[np.bool_]:
        return self.up < 1

    @property
    def reachable(self) -> Series:
        """``up``, as Prometheus itself writes it."""
        return Series("up", self.target.instance_labels, self.up)

    def named(self, name: str, values: NDArray[np.float64], **labels: str) -> Series:
        """Return ``values`` under a series name, NaN where the target did not answer."""
        return Series(name, {**self.target.instance_labels, **labels}, np.where(self._missed, np.nan, values))

    def gauge(self, metric: Metric, values: NDArray[np.float64], **labels: str) -> Series:
        """Return a gauge with ``values`` (shape (n,))."""
        return self.named(metric.name, values, **labels)

    def counter(self, metric: Metric, increments: Counted, **labels: str) -> Series:
        """Return a counter that grows by ``increments`` (shape (n,)) and is 0 when the process begins."""
        return self.counted(metric.name, increments, **labels)

    def counted(self, name: str, increments: Counted, **labels: str) -> Series:
        """Return a counter under a series name, for the parts of a histogram."""
        return self.named(name, self._since_start(increments), **labels)

    def appearing(self, metric: Metric, increments: Counted, **labels: str) -> Series:
        """Return a counter that a process does not show before it has first counted."""
        total = self._since_start(increments)
        return self.named(metric.name, np.where(total > 0, total, np.nan), **labels)

    def _since_start(self, increments: Counted) -> NDArray[np.float64]:
        total = np.cumsum(increments, dtype=np.float64)
        return total - np.where(self._began > 0, total[self._began], 0)


def always(target: Target, size: int) -> Scrape:
    """Return a target that answers at each of ``size`` moments and never restarts."""
    return Scrape(target, np.ones(size), np.zeros(size, dtype=np.bool_))
