"""What should tell about the service tells less, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def exporter_down(world: World, when: slice, rng: np.random.Generator) -> None:
    """Take the exporter away."""
    del rng
    world.flow.exporter_up[when] = 0


def fails(*collectors: ExporterCollector, share: float = 1) -> Strike:
    """Return collectors that bring nothing, at that ``share`` of the scrapes."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        for collector in collectors:
            world.collectors.works[collector][when] = rng.random(when.stop - when.start) >= share

    return strike


def not_reloaded(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let the exporter keep its old configuration, as the new one cannot be used."""
    del rng
    world.collectors.reloaded[when] = 0


def metric_lost(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let a release of the service no longer publish how many tasks it has."""
    del rng
    world.leaks.tasks[when] = np.nan


_DOWN = Kind(
    "exporter-down",
    "The exporter does not answer",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"PaymentExporterDown"}),
    {
        Strength.SLIGHT: Level(None, _MINUTE, exporter_down),
        Strength.NOTICEABLE: Level(Priority.P2, 30 * _MINUTE, exporter_down),
        Strength.SEVERE: Level(Priority.P2, 3 * _HOUR, exporter_down),
    },
)
_COLLECTOR = Kind(
    "collector-fails",
    "A collector of the exporter fails",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"ExporterCollectorFails"}),
    {
        Strength.SLIGHT: Level(None, 20 * _MINUTE, fails(ExporterCollector.HOST, share=0.15)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, fails(ExporterCollector.REDIS)),
        Strength.SEVERE: Level(
            Priority.P2,
            _HOUR,
            fails(ExporterCollector.BUSINESS, ExporterCollector.POSTGRES, ExporterCollector.BACKUP),
        ),
    },
)
_CONFIGURATION = Kind(
    "exporter-configuration",
    "The exporter has rejected its configuration",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"ExporterConfigurationRejected"}),
    {
        Strength.SLIGHT: Level(None, _MINUTE, not_reloaded),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, not_reloaded),
    },
)
_METRIC = Kind(
    "metric-lost",
    "A release no longer publishes what an alert reads",
    IncidentKey.MONITORING_BLIND,
    frozenset({"MetricsMissing"}),
    {Strength.NOTICEABLE: Level(Priority.P3, _HOUR, metric_lost, hours=Hours.OFFICE)},
)

KINDS = (_DOWN, _COLLECTOR, _CONFIGURATION, _METRIC)
