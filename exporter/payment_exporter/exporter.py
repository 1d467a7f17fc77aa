"""The exporter: its configuration in force, the collectors that it makes of it, and a change of both while it runs."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics.operation import CONFIG_RELOAD_SUCCESS, CONFIG_RELOAD_TIME
from payment_catalog.exposition import single
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collection import Runner, scrape
from payment_exporter.probing.targets import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter.configuration import Configuration
    from payment_exporter.equipment import Equipment
    from payment_exporter.probing.prober import Prober

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InForce:
    """A configuration and the collectors that were made of it. ``since`` is Unix time."""

    configuration: Configuration
    runners: Mapping[ExporterCollector, Runner]
    prober: Prober
    since: float


class Exporter:
    """Scrapes what is configured. ``load`` reads the configuration anew, ``equip`` makes its collectors.

    Both raise ForeseenError. Many threads may scrape while one reloads.
    """

    def __init__(self, load: Callable[[], Configuration], equip: Callable[[Configuration], Equipment]) -> None:
        self._load = load
        self._equip = equip
        self._lock = threading.Lock()
        self._reload_succeeded = True
        self._in_force = self._next({})

    @property
    def collectors(self) -> tuple[ExporterCollector, ...]:
        """What is measured."""
        return tuple(self._in_force.runners)

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self._in_force.configuration

    def reload(self) -> None:
        """Take the configuration as it is now; raises ForeseenError, and keeps the old one, when it is unusable."""
        with self._lock:
            try:
                following = self._next(self._in_force.runners)
            except ForeseenError as error:
                self._reload_succeeded = False
                log.error("configuration kept reason=%s", error)  # noqa: TRY400 - the reason says it all
                raise
            former, self._in_force, self._reload_succeeded = self._in_force, following, True
        log.info("configuration loaded collectors=%s", ",".join(following.runners))
        for runner in former.runners.values():
            runner.close(patience=runner.timeout)

    def scrape(self, limit: float | None = None, only: Collection[ExporterCollector] = ()) -> list[MetricFamily]:
        """Return the families of every collector, or of ``only`` some, waiting at most ``limit`` seconds."""
        in_force = self._in_force
        runners = [runner for name, runner in in_force.runners.items() if not only or name in only]
        return [
            *scrape(runners, limit),
            single(CONFIG_RELOAD_SUCCESS, self._reload_succeeded),
            single(CONFIG_RELOAD_TIME, in_force.since),
        ]

    def prober(self, target: str) -> Callable[[float | None], Sequence[MetricFamily]]:
        """Return what probes ``target`` within a limit in seconds; raises ForeseenError unless it is allowed."""
        in_force = self._in_force
        allowed = parse_target(target, in_force.configuration.collectors.probe)
        timeout = in_force.configuration.timeout_of(ExporterCollector.PROBE)
        return lambda limit: in_force.prober.probe(allowed, timeout if limit is None else min(timeout, limit))

    def close(self) -> None:
        """Give back what the collectors hold."""
        for runner in self._in_force.runners.values():
            runner.close()

    def _next(self, former: Mapping[ExporterCollector, Runner]) -> InForce:
        configuration = self._load()
        equipment = self._equip(configuration)
        runners = {
            collector.name: Runner(
                collector,
                configuration.timeout_of(collector.name),
                former[collector.name].last_success if collector.name in former else 0.0,
            )
            for collector in equipment.collectors
        }
        return InForce(configuration, runners, equipment.prober, time.time())
