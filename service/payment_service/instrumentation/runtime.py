"""Metrics of the interpreter and its event loop, and the sampler that reads what cannot be counted as it happens."""

from __future__ import annotations

import asyncio
import gc
import logging
import platform
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from payment_catalog import runtime_metrics as declared
from payment_catalog.exposition import counter, gauge, histogram

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from prometheus_client import CollectorRegistry, Counter

log = logging.getLogger(__name__)


class Sampler:
    """Reads values once a second and right before they are rendered.

    ``Gauge.set_function`` and collectors of one's own would read at the time of a scrape, but they do not work
    where several worker processes serve: there a scrape reaches one of them.
    """

    def __init__(self, interval: float = 1.0) -> None:
        self._interval = interval
        self._reads: list[Callable[[], None]] = []

    def add(self, read: Callable[[], None]) -> None:
        """Have ``read`` called on the event loop, where it sets a metric; it must not block."""
        self._reads.append(read)

    def sample(self) -> None:
        """Read everything now. A read that raises is logged; it stops neither the others nor the service."""
        for read in self._reads:
            try:
                read()
            except Exception:
                log.exception("a metric cannot be read")

    async def run(self) -> None:
        """Sample for ever."""
        while True:
            self.sample()
            await asyncio.sleep(self._interval)


class RuntimeMetrics:
    """Event loop, asyncio tasks, garbage collector, and which build runs where ``version`` says it.

    The lag of the event loop is a histogram, so that a loop that was blocked between two scrapes is seen at the
    next one; shorter than ``lag_interval`` seconds, a blocking may be missed.
    """

    def __init__(
        self, registry: CollectorRegistry, sampler: Sampler, version: str | None = None, lag_interval: float = 0.1
    ) -> None:
        self._lag = histogram(declared.EVENT_LOOP_LAG, registry)
        self._lag_interval = lag_interval
        tasks = gauge(declared.ASYNCIO_TASKS, registry)
        sampler.add(lambda: tasks.set(len(asyncio.all_tasks())))
        sampler.add(_GarbageCollection(registry).sample)
        if version is not None:
            gauge(declared.BUILD_INFO, registry).labels(version, platform.python_version()).set(1)

    async def watch_loop(self) -> None:
        """Measure the lag of the running event loop for ever."""
        while True:
            expected = perf_counter() + self._lag_interval
            await asyncio.sleep(self._lag_interval)
            self._lag.observe(max(0.0, perf_counter() - expected))


class _Pauses:
    """Seconds that the garbage collector took, by generation, since the process registered this callback.

    Plain numbers and no metric: the collector may run while the thread that it interrupts holds a metric's lock.
    """

    def __init__(self) -> None:
        self.seconds = [0.0] * len(declared.GENERATION.values)
        self._started = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._started = perf_counter()
        else:
            self.seconds[info["generation"]] += perf_counter() - self._started


_PAUSES = _Pauses()


class _GarbageCollection:
    def __init__(self, registry: CollectorRegistry) -> None:
        if _PAUSES not in gc.callbacks:
            gc.callbacks.append(_PAUSES)
        self._pauses = _growing(counter(declared.GC_PAUSE, registry))
        try:
            self._collections = _growing(counter(declared.GC_COLLECTIONS, registry))
        except ValueError:  # prometheus_client's own collector shows it in its default registry
            self._collections = []

    def sample(self) -> None:
        for pauses, seconds in zip(self._pauses, tuple(_PAUSES.seconds), strict=True):
            pauses.reach(seconds)
        for collections, statistics in zip(self._collections, gc.get_stats(), strict=False):
            collections.reach(statistics["collections"])


class _Growing:
    """A counter of what the process has counted from its beginning."""

    def __init__(self, child: Counter) -> None:
        self._child = child
        self._seen = 0.0

    def reach(self, total: float) -> None:
        self._child.inc(max(0.0, total - self._seen))
        self._seen = total


def _growing(metric: Counter) -> list[_Growing]:
    return [_Growing(metric.labels(generation)) for generation in declared.GENERATION.values]


@asynccontextmanager
async def running(*watches: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run ``watches`` beside what is done within."""
    tasks = [asyncio.create_task(watch) for watch in watches]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
