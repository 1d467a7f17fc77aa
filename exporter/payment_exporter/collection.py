"""Runs collectors side by side, so that one that fails or hangs neither delays nor spoils the others."""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from payment_catalog.exporter_metrics.operation import COLLECTOR_DURATION, COLLECTOR_LAST_SUCCESS, COLLECTOR_SUCCESS
from payment_catalog.exposition import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.vocabulary import ExporterCollector

log = logging.getLogger(__name__)

#: Seconds that a run may take at least: to some drivers 0 means no limit.
_SHORTEST = 0.1


class Collector(Protocol):
    """Reads one source."""

    name: ExporterCollector

    def collect(self, within: float = math.inf, /) -> Iterable[MetricFamily]:
        """Return the families; raises any exception when the source cannot be read.

        What can be told how long to wait ends ``within`` so many seconds, where those are fewer than its time-out.
        Families that are yielded before the exception are published all the same.
        """

    def close(self) -> None:
        """Give back what is held. It is not collected again."""


@dataclass(slots=True)
class Run:
    """One run of a collector, in a thread of its own."""

    started: float
    ended: float | None = None
    families: list[MetricFamily] = field(default_factory=list)
    error: BaseException | None = None
    overdue_said: bool = False
    thread: threading.Thread = field(init=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scrape learns from a run. ``duration`` is in seconds, ``last_success`` Unix time, 0 for never."""

    name: ExporterCollector
    families: Sequence[MetricFamily]
    success: bool
    duration: float
    last_success: float


class Runner:
    """Runs one collector at most once at a time, however many scrapes ask.

    ``timeout`` is in seconds. ``last_success`` is Unix time; a runner that takes over from another goes on with it.
    """

    def __init__(self, collector: Collector, timeout: float, last_success: float = 0.0) -> None:
        self.timeout = timeout
        self.last_success = last_success
        self._collector = collector
        self._lock = threading.Lock()
        self._current: Run | None = None
        self._failing = False

    @property
    def name(self) -> ExporterCollector:
        """Name of the collector."""
        return self._collector.name

    def begin(self, within: float = math.inf) -> Run:
        """Start a run that is to end ``within`` so many seconds, or join the one that has not ended yet."""
        with self._lock:
            current = self._current
            if current is None or current.ended is not None:
                current = Run(time.monotonic())
                current.thread = threading.Thread(
                    target=self._run, args=(current, within), name=f"collector-{self.name}", daemon=True
                )
                self._current = current
                current.thread.start()
            return current

    def outcome(self, run: Run, deadline: float) -> Outcome:
        """Wait for the run until ``deadline`` (on the monotonic clock), and say how it went."""
        run.thread.join(max(0.0, deadline - time.monotonic()))
        ended = run.ended
        if ended is None:
            self._say_overdue(run)
            return Outcome(self.name, (), False, time.monotonic() - run.started, self.last_success)
        return Outcome(self.name, run.families, run.error is None, ended - run.started, self.last_success)

    def close(self, patience: float = 0.0) -> None:
        """Let the collector give back what it holds, when the run under way has ended or after so many seconds."""
        with self._lock:
            current = self._current
        if current is not None:
            current.thread.join(patience)
        self._collector.close()

    def _run(self, run: Run, within: float) -> None:
        try:
            for found in self._collector.collect(within):
                run.families.append(found)
        except BaseException as error:
            run.error = error
        self._note(run.error)
        run.ended = time.monotonic()

    def _note(self, error: BaseException | None) -> None:
        if error is not None:
            log.error("collector failed collector=%s reason=%s", self.name, _reason(error))
        else:
            self.last_success = time.time()
            if self._failing:
                log.info("collector succeeds again collector=%s", self.name)
        self._failing = error is not None

    def _say_overdue(self, run: Run) -> None:
        with self._lock:
            said, run.overdue_said = run.overdue_said, True
        self._failing = True
        if not said:
            elapsed = time.monotonic() - run.started
            log.error("collector failed collector=%s reason=has not ended within %.1f s", self.name, elapsed)


def scrape(runners: Iterable[Runner], limit: float | None = None) -> list[MetricFamily]:
    """Run every collector and return their families, with success, duration and last success of each.

    Each has at most its own time-out, and all of them together have at most ``limit`` seconds.
    """
    started, within = time.monotonic(), math.inf if limit is None else limit
    runs = [(runner, runner.begin(max(within, _SHORTEST))) for runner in runners]
    outcomes = [runner.outcome(run, started + min(runner.timeout, within)) for runner, run in runs]
    return [
        *(found for outcome in outcomes for found in outcome.families),
        family(COLLECTOR_SUCCESS, {(outcome.name,): outcome.success for outcome in outcomes}),
        family(COLLECTOR_DURATION, {(outcome.name,): outcome.duration for outcome in outcomes}),
        family(COLLECTOR_LAST_SUCCESS, {(outcome.name,): outcome.last_success for outcome in outcomes}),
    ]


def _reason(error: BaseException) -> str:
    """Return kind and first line of an error: drivers put statements and parameters below it."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
