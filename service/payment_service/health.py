"""Readiness: whether the service can take payments now, with each dependency by name."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from payment_catalog.vocabulary import BreakerState, Dependency
from payment_service.background import pause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from payment_service.gateway.client import Gateway
    from payment_service.metrics import ServiceMetrics

#: Seconds that a dependency has to answer, that an answer is good for, and between two checks for the metrics.
CHECK_SECONDS = 2.0
CACHE_SECONDS = 1.0
WATCH_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Check:
    """How a dependency is asked. Without a ``required`` one the service is not ready."""

    dependency: Dependency
    required: bool
    ask: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. ``up`` has each dependency that is checked."""

    ready: bool
    draining: bool
    up: Mapping[Dependency, bool]


class Readiness:
    """Asks every dependency at once, and remembers the answer for a moment, so that no flood of checks passes on."""

    def __init__(
        self, checks: Sequence[Check], metrics: ServiceMetrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.checks = tuple(checks)
        self._metrics = metrics
        self._clock = clock
        self._lock = asyncio.Lock()
        self._draining = False
        self._answered = -CACHE_SECONDS
        self._up: dict[Dependency, bool] = {}

    def drain(self) -> None:
        """Say from now on that the service is not ready, so that nobody sends it new requests."""
        self._draining = True
        self._metrics.ready.set(0)
        log.info("draining")

    async def report(self) -> Report:
        """Return whether the service is ready."""
        async with self._lock:
            if self._clock() - self._answered >= CACHE_SECONDS:
                answers = await asyncio.gather(*(_holds(check.ask()) for check in self.checks))
                self._up = {check.dependency: up for check, up in zip(self.checks, answers, strict=True)}
                self._answered = self._clock()
        needed = all(self._up[check.dependency] for check in self.checks if check.required)
        report = Report(needed and not self._draining, self._draining, self._up)
        self._show(report)
        return report

    async def watch(self, stop: asyncio.Event) -> None:
        """Keep the metrics true until ``stop``, also when nobody asks."""
        while not stop.is_set():
            await self.report()
            await pause(stop, WATCH_SECONDS)

    def _show(self, report: Report) -> None:
        self._metrics.ready.set(report.ready)
        for dependency, up in report.up.items():
            self._metrics.dependency_up.labels(dependency).set(up)


async def gateway_answers(gateway: Gateway) -> bool:
    """Return whether the circuit breaker lets requests through; the gateway itself is not asked."""
    return gateway.breaker_state is not BreakerState.OPEN


async def _holds(check: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(check, CHECK_SECONDS)
    except Exception:
        return False
