"""Runs collectors side by side, so that one that fails or hangs neither delays nor spoils the others."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from prometheus_client.registry import Collector as RegistryCollector

from payment_catalog.exporter_metrics import COLLECTOR_DURATION, COLLECTOR_SUCCESS
from payment_catalog.exposition import gauge_family

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.vocabulary import ExporterCollector

log = logging.getLogger(__name__)


class Collector(Protocol):
    """Reads one source."""

    name: ExporterCollector

    def collect(self) -> Sequence[MetricFamily]:
        """Return the families; raises any exception when the source cannot be read."""


@dataclass(slots=True)
class _Run:
    """One run of a collector, in a thread of its own."""

    started: float
    ended: float | None = None
    families: Sequence[MetricFamily] = ()
    error: Exception | None = None
    thread: threading.Thread = field(init=False)


class Runner:
    """Runs one collector at most once at a time, however many scrapes ask."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._lock = threading.Lock()
        self._current: _Run | None = None

    @property
    def name(self) -> str:
        """Name of the collector."""
        return self._collector.name

    def begin(self) -> _Run:
        """Start a run, or join the one that has not ended yet."""
        with self._lock:
            current = self._current
            if current is None or not current.thread.is_alive():
                current = _Run(time.monotonic())
                current.thread = threading.Thread(
                    target=self._run, args=(current,), name=f"collector-{self.name}", daemon=True
                )
                self._current = current
                current.thread.start()
            return current

    def _run(self, run: _Run) -> None:
        try:
            run.families = tuple(self._collector.collect())
        except Exception as error:
            run.error = error
        run.ended = time.monotonic()


class Scrape(RegistryCollector):
    """The collectors of a registry: families of those that succeed in time, success and duration of all."""

    def __init__(self, collectors: Iterable[Collector], timeout: float) -> None:
        self._runners = [Runner(collector) for collector in collectors]
        self._timeout = timeout

    def describe(self) -> Iterable[MetricFamily]:
        """Return nothing, so that registering does not collect."""
        return ()

    def collect(self) -> Iterable[MetricFamily]:
        """Run every collector and wait at most the time-out for all of them together."""
        deadline = time.monotonic() + self._timeout
        runs = [(runner.name, runner.begin()) for runner in self._runners]
        success, duration = gauge_family(COLLECTOR_SUCCESS), gauge_family(COLLECTOR_DURATION)
        for name, run in runs:
            run.thread.join(max(0.0, deadline - time.monotonic()))
            ended = run.ended
            failed = ended is None or run.error is not None
            if failed:
                reason = _reason(run.error) if run.error else f"has not ended within {self._timeout:g} s"
                log.error("collector failed collector=%s reason=%s", name, reason)
            else:
                yield from run.families
            success.add_metric([name], 0 if failed else 1)
            duration.add_metric([name], (ended or time.monotonic()) - run.started)
        yield success
        yield duration


def _reason(error: Exception) -> str:
    """Return kind and first line of an error: drivers put statements and parameters below it."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
