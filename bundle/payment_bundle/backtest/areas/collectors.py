"""The exporter's collectors: how each does, and what is scraped of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.scrape import Scrape
from payment_catalog.exporter_metrics import operation
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World


@dataclass(eq=False)
class Collectors:
    """1 or 0, shape (n,): ``works`` for each collector itself, ``reloaded`` for the exporter's configuration.

    A collector also fails while what it asks does not answer.
    """

    works: dict[ExporterCollector, NDArray[np.float64]]
    reloaded: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return collectors that all work."""
        size = setting.timeline.size
        return cls({collector: np.ones(size) for collector in ExporterCollector}, np.ones(size))

    def success(self, world: World, collector: ExporterCollector) -> NDArray[np.float64]:
        """Return 1 where the collector brought its figures, else 0; shape (n,)."""
        works = self.works[collector]
        match collector:
            case ExporterCollector.BUSINESS | ExporterCollector.POSTGRES:
                return works * world.database.reachable
            case ExporterCollector.REDIS:
                return works * world.redis.reachable
            case ExporterCollector.ELASTICSEARCH:
                return works * world.logs.reachable
        return works

    def part(self, world: World, collector: ExporterCollector) -> Scrape:
        """Return what is scraped of the exporter's page from that collector; its counters are somebody else's."""
        shown = world.flow.exporter_up * self.success(world, collector)
        return Scrape(world.setting.exporter, shown, np.zeros(shown.size, dtype=np.bool_))

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the exporter tells of itself."""
        scrape = world.flow.exporter(world.setting)
        for collector in ExporterCollector:
            yield scrape.gauge(operation.COLLECTOR_SUCCESS, self.success(world, collector), collector=collector.value)
        yield scrape.gauge(operation.CONFIG_RELOAD_SUCCESS, self.reloaded)
