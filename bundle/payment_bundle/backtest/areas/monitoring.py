"""Prometheus and two Alertmanagers, as they watch themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import HOUR, jitter
from payment_bundle.backtest.scrape import Scrape, always
from payment_catalog import prometheus_metrics as metrics
from payment_catalog.metric import MetricType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_alerts.scenario_series import Target
    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World
    from payment_catalog.metric import Metric

ALERTMANAGERS = 2
_RULE_GROUP = "/etc/prometheus/rules/api.yaml;payment-api"
_ALERTMANAGER_URL = "http://alertmanager:9093/api/v2/alerts"
_INTEGRATION = "slack"
_MESSAGES = 6 / HOUR
_HASH = 184_816_797_860_636.0


@dataclass(eq=False)
class Monitoring:
    """Shape (n,), or (alertmanagers, n) for what each Alertmanager has.

    ``troubles`` are paces, a second, of Prometheus' counters, each of which counts what should not happen.
    ``scrape`` is how long scraping the service takes, ``evaluation`` the group of rules, in seconds.
    ``messages`` are sent a second, of which the share ``undelivered`` fails.
    """

    troubles: dict[Metric, NDArray[np.float64]]
    discovered: NDArray[np.float64]
    reloaded: NDArray[np.float64]
    evaluation: NDArray[np.float64]
    scrape: NDArray[np.float64]
    alertmanager_up: NDArray[np.float64]
    alertmanager_reloaded: NDArray[np.float64]
    configuration: NDArray[np.float64]
    members: NDArray[np.float64]
    messages: NDArray[np.float64]
    undelivered: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return programs that do what they are there for."""
        rng, size = setting.rng("monitoring"), setting.timeline.size
        each = (ALERTMANAGERS, size)
        counters = (metric for metric in metrics.PROMETHEUS_METRICS if metric.type is MetricType.COUNTER)
        return cls(
            troubles={metric: np.zeros(size) for metric in counters},
            discovered=np.full(size, float(ALERTMANAGERS)),
            reloaded=np.ones(size),
            evaluation=0.08 + rng.exponential(0.02, size),
            scrape=0.02 + np.abs(jitter(rng, setting.timeline, 0.01)),
            alertmanager_up=np.ones(each),
            alertmanager_reloaded=np.ones(each),
            configuration=np.full(each, _HASH),
            members=np.full(each, float(ALERTMANAGERS)),
            messages=np.full(size, _MESSAGES),
            undelivered=np.zeros(size),
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return the pages of Prometheus and the Alertmanagers, and how long scrapes took."""
        yield from self._prometheus(world)
        for number, target in enumerate(_alertmanagers(world.setting)):
            yield from self._alertmanager(world, number, target)
        scrape = always(world.setting.service[0], self.scrape.size)
        yield scrape.gauge(metrics.SCRAPE_DURATION, self.scrape)

    def _prometheus(self, world: World) -> Iterator[Series]:
        scrape = always(world.setting.prometheus, self.reloaded.size)
        rng = world.setting.rng("troubles")
        seconds = world.setting.timeline.resolution
        interval = world.setting.settings.scraping.evaluation_interval.total_seconds()
        yield scrape.reachable
        for metric, pace in self.troubles.items():
            yield scrape.counter(metric, rng.poisson(pace * seconds).astype(np.float64), **_labels(metric))
        yield scrape.gauge(metrics.ALERTMANAGERS_DISCOVERED, self.discovered)
        yield scrape.gauge(metrics.CONFIG_RELOADED, self.reloaded)
        yield scrape.gauge(metrics.RULE_DURATION, self.evaluation, **_labels(metrics.RULE_DURATION))
        yield scrape.gauge(
            metrics.RULE_INTERVAL, np.full(self.reloaded.size, interval), **_labels(metrics.RULE_INTERVAL)
        )

    def _alertmanager(self, world: World, number: int, target: Target) -> Iterator[Series]:
        running = self.alertmanager_up[number]
        began = (running > 0) & (np.concatenate((running[:1], running[:-1])) < 1)
        scrape = Scrape(target, running, began)
        rng = world.setting.rng("messages", number)
        sent = rng.poisson(self.messages / ALERTMANAGERS * world.setting.timeline.resolution)
        failed = rng.binomial(sent, self.undelivered)
        yield scrape.reachable
        yield scrape.gauge(metrics.ALERTMANAGER_CONFIG_RELOADED, self.alertmanager_reloaded[number])
        yield scrape.gauge(metrics.ALERTMANAGER_CONFIG_HASH, self.configuration[number])
        yield scrape.gauge(metrics.CLUSTER_MEMBERS, self.members[number])
        yield scrape.counter(metrics.MESSAGES, sent.astype(np.float64), integration=_INTEGRATION)
        yield scrape.counter(metrics.MESSAGES_FAILED, failed.astype(np.float64), integration=_INTEGRATION)


def _alertmanagers(setting: Setting) -> tuple[Target, ...]:
    first = setting.alertmanager
    host, _, port = first.instance.partition(":")
    return (first, *(replace(first, instance=f"{host}-{number}:{port}") for number in range(1, ALERTMANAGERS)))


def _labels(metric: Metric) -> dict[str, str]:
    known = {metrics.RULE_GROUP: _RULE_GROUP, metrics.ALERTMANAGER_URL: _ALERTMANAGER_URL}
    return {label.name: known[label] for label in metric.labels}
