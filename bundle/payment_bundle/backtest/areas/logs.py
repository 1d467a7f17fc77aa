"""Logs on their way to Elasticsearch and the archive, and the cluster that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_alerts.error_lines_unexplained import LINES_A_FAILURE
from payment_bundle.backtest.areas.noise import HOUR, since
from payment_bundle.backtest.scrape import Scrape
from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.exporter_metrics import elasticsearch
from payment_catalog.vocabulary import ClusterStatus, ExporterCollector, LogPattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: The types of the outputs, as Fluentd's plugin calls them, and the log file that is read.
_TYPES = {fluentd.SEARCH_OUTPUT: "elasticsearch", fluentd.ARCHIVE_OUTPUT: "s3"}
_FILE = "/var/log/containers/payment-service.log"
_BYTES_A_LINE = 420
_LINES_A_PAYMENT = 6


@dataclass(eq=False)
class Logs:
    """The pipeline and the cluster, shape (n,) each.

    ``reachable`` and ``running`` are 1 or 0, for Elasticsearch and Fluentd; ``colour`` is the cluster's health.
    ``lag`` is the age of the newest line in seconds, NaN when there is none. ``written`` are lines a second that the
    service writes beside those of its payments, ``forwarded`` the share of all that reaches the output to
    Elasticsearch. ``free`` has the percent of each output's buffer that is free, ``retries`` how often a second a
    chunk is tried again. ``archive_lag`` is how much older than the current hour the archive's buffer is, in seconds.
    ``errors`` are lines of level ERROR a second for which no request failed, ``kept`` the share of all lines that
    Elasticsearch holds.
    """

    reachable: NDArray[np.float64]
    colour: NDArray[np.object_]
    lag: NDArray[np.float64]
    running: NDArray[np.float64]
    written: NDArray[np.float64]
    forwarded: NDArray[np.float64]
    free: dict[str, NDArray[np.float64]]
    retries: dict[str, NDArray[np.float64]]
    archive_lag: NDArray[np.float64]
    errors: NDArray[np.float64]
    kept: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return lines that can be searched after some seconds, and go to the archive after each hour."""
        rng, timeline = setting.rng("logs"), setting.timeline
        size = timeline.size
        waits = since(timeline, HOUR) < fluentd.ARCHIVE_WAIT.total_seconds()
        return cls(
            reachable=np.ones(size),
            colour=np.full(size, ClusterStatus.GREEN, dtype=np.object_),
            lag=rng.uniform(4, 15, size) + rng.exponential(2, size),
            running=np.ones(size),
            written=np.full(size, 0.5),
            forwarded=np.ones(size),
            free={
                fluentd.SEARCH_OUTPUT: 100 - rng.exponential(0.4, size),
                fluentd.ARCHIVE_OUTPUT: 99 - 6 * since(timeline, HOUR) / HOUR,
            },
            retries={output: np.full(size, 0.05 / HOUR) for output in _TYPES},
            archive_lag=np.where(waits, float(HOUR), 0.0),
            errors=np.full(size, 0.002),
            kept=np.ones(size),
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the exporter finds in Elasticsearch, and Fluentd's own page."""
        errors = self._error_lines(world)
        yield from self._elasticsearch(world, errors)
        yield from self._fluentd(world, errors)

    def _elasticsearch(self, world: World, errors: NDArray[np.float64]) -> Iterator[Series]:
        timeline = world.setting.timeline
        scrape = world.collectors.part(world, ExporterCollector.ELASTICSEARCH)
        window = elasticsearch.LOG_WINDOW_SECONDS // timeline.resolution
        total = np.concatenate((np.zeros(window), np.cumsum(errors)))
        held = np.where(np.isnan(self.lag), 0.0, np.round(self.kept * (total[window:] - total[:-window])))
        yield scrape.gauge(elasticsearch.LOG_LINES, held, pattern=LogPattern.ERROR.value)
        yield scrape.gauge(elasticsearch.NEWEST_LOG, timeline.moments - self.lag)
        for status in ClusterStatus:
            yield scrape.gauge(
                elasticsearch.CLUSTER_STATUS, (self.colour == status).astype(np.float64), color=status.value
            )

    def _error_lines(self, world: World) -> NDArray[np.float64]:
        """Return the lines of level ERROR between two scrapes."""
        failed = np.zeros(world.setting.timeline.size)
        for counts in world.flow.counts(world.setting):
            for (_, code), number in counts.requests.items():
                if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    failed += number
        other = world.setting.rng("error lines").poisson(self.errors * world.setting.timeline.resolution)
        lines: NDArray[np.float64] = np.asarray(LINES_A_FAILURE * failed + other, dtype=np.float64)
        return lines

    def _fluentd(self, world: World, errors: NDArray[np.float64]) -> Iterator[Series]:
        timeline = world.setting.timeline
        began = (self.running > 0) & (np.concatenate((self.running[:1], self.running[:-1])) < 1)
        scrape = Scrape(world.setting.fluentd, self.running, began)
        rng = world.setting.rng("fluentd")
        lines = (self.written + _LINES_A_PAYMENT * world.flow.wanted) * timeline.resolution
        yield scrape.reachable
        for output, kind in _TYPES.items():
            labels = {"plugin_id": output, "type": kind}
            retries = rng.poisson(self.retries[output] * timeline.resolution).astype(np.float64)
            yield scrape.gauge(fluentd.BUFFER_AVAILABLE, np.clip(self.free[output], 0, 100), **labels)
            yield scrape.counter(fluentd.RETRIES, retries, **labels)
        search = {"plugin_id": fluentd.SEARCH_OUTPUT, "type": _TYPES[fluentd.SEARCH_OUTPUT]}
        archive = {"plugin_id": fluentd.ARCHIVE_OUTPUT, "type": _TYPES[fluentd.ARCHIVE_OUTPUT]}
        yield scrape.counter(fluentd.EMITTED, np.round(lines * self.forwarded), **search)
        hour = timeline.moments - since(timeline, HOUR)
        yield scrape.gauge(fluentd.BUFFER_OLDEST, hour - self.archive_lag, **archive)
        yield scrape.gauge(fluentd.BUFFER_BYTES, np.round(lines * _BYTES_A_LINE) + 1, **archive)
        yield scrape.counter(fluentd.LOG_LINES, errors, pattern=LogPattern.ERROR.value)
        yield scrape.counter(
            fluentd.TAIL_POSITION, np.round(lines * _BYTES_A_LINE), plugin_id="service", type="tail", path=_FILE
        )
