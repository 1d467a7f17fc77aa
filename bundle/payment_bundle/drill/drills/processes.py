"""Incidents of the service's own process."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_bundle.drill.drills.consequences import ERRORS, FAILED_PAYMENTS, SLOWNESS
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene

_BLOCK_EVERY = 2.0
#: In all 240 MiB.
_LEAK_EVERY, _MOST_LEAKS = 1.0, 60


@contextmanager
def _killed(scene: Scene) -> Iterator[None]:
    house = scene.house
    house.kill("service")
    try:
        yield
    finally:
        house.restart("service", f"{house.caller.url}/ready")


@contextmanager
def _leaks(scene: Scene) -> Iterator[None]:
    pid = scene.house.pid("service")
    try:
        with _signalled(pid, signal.SIGUSR1, _LEAK_EVERY, _MOST_LEAKS):
            yield
    finally:
        os.kill(pid, signal.SIGRTMIN)


@contextmanager
def _event_loop_is_blocked(scene: Scene) -> Iterator[None]:
    with _signalled(scene.house.pid("service"), signal.SIGUSR2, _BLOCK_EVERY):
        yield


@contextmanager
def _signalled(pid: int, number: int, every: float, most: int = 10_000) -> Iterator[None]:
    """Send a signal every so many seconds while the block runs, at most so often."""
    ended = threading.Event()

    def send() -> None:
        for _ in range(most):
            os.kill(pid, number)
            if ended.wait(every):
                return

    thread = threading.Thread(target=send, name=f"signals to {pid}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


DRILLS = (
    Drill(
        "process-killed",
        "The service's only process is killed, and nothing starts it again",
        IncidentKey.SERVICE_UNAVAILABLE,
        _killed,
        (Expected("PaymentServiceDown", Team.SERVICE_OUTAGE, Priority.P0),),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | {"ServiceUnreachable"},
        (Shows("Check health", r"refused|Failed to connect|Couldn't connect"),),
    ),
    Drill(
        "event-loop-blocked",
        "Something waits on the event loop, 0.6 s every other second",
        IncidentKey.PERFORMANCE_DEGRADATION,
        _event_loop_is_blocked,
        (Expected("EventLoopBlocked", Team.PERFORMANCE_ISSUE, Priority.P3),),
        SLOWNESS,
        (Shows("Look twenty times where the main thread is", r"block_event_loop"),),
    ),
    Drill(
        "memory-leak",
        "The service's memory grows by 4 MiB a second, and is not given back",
        IncidentKey.PERFORMANCE_DEGRADATION,
        _leaks,
        (Expected("MemoryLeak", Team.PERFORMANCE_ISSUE, Priority.P3),),
        shows=(Shows("See what is allocated and kept", r"leak_memory"),),
        needs=frozenset({Need.SPEED}),
        hurried={"payment-leaks": 1800},
    ),
)
