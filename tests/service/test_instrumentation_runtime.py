"""What is measured of the interpreter and its event loop."""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from payment_service.instrumentation import Sampler, instrument
from payment_service.instrumentation.runtime import RuntimeMetrics, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import pytest
    from starlette.types import Message, Scope


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody sets an event when a metric changes
            await asyncio.sleep(0.01)


@asynccontextmanager
async def alive(app: FastAPI) -> AsyncIterator[None]:
    """Start and stop an application as a server does."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope: Scope = {"type": "lifespan", "state": {}}
    task = asyncio.create_task(app(scope, to_app.get, from_app.put))
    for step in ("startup", "shutdown"):
        await to_app.put({"type": f"lifespan.{step}"})
        assert (await asyncio.wait_for(from_app.get(), 10))["type"] == f"lifespan.{step}.complete"
        if step == "startup":
            yield
    await asyncio.wait_for(task, 10)


def test_a_blocked_event_loop_is_seen_afterwards() -> None:
    registry = CollectorRegistry()
    metrics = RuntimeMetrics(registry, Sampler(), lag_interval=0.01)

    def longer_than(seconds: str) -> float:
        measured = registry.get_sample_value("asyncio_event_loop_lag_seconds_count") or 0
        within = registry.get_sample_value("asyncio_event_loop_lag_seconds_bucket", {"le": seconds}) or 0
        return measured - within

    async def scenario() -> None:
        async with running(metrics.watch_loop()):
            await until(lambda: bool(registry.get_sample_value("asyncio_event_loop_lag_seconds_count")))
            before = longer_than("0.25")
            time.sleep(0.4)  # noqa: ASYNC251 - this is the fault that is looked for
            await until(lambda: longer_than("0.25") > before)

    asyncio.run(scenario())


def test_tasks_and_collections_are_sampled() -> None:
    registry, sampler = CollectorRegistry(), Sampler()
    RuntimeMetrics(registry, sampler)
    oldest = {"generation": "2"}

    async def scenario() -> None:
        async with running(asyncio.sleep(60), asyncio.sleep(60)):
            sampler.sample()
            assert registry.get_sample_value("asyncio_goroutines") == 3
        collections = registry.get_sample_value("python_gc_collections_total", oldest)
        pauses = registry.get_sample_value("python_gc_pause_seconds_total", oldest)
        gc.collect()
        sampler.sample()
        assert registry.get_sample_value("python_gc_collections_total", oldest) > collections
        assert registry.get_sample_value("python_gc_pause_seconds_total", oldest) > pauses

    asyncio.run(scenario())


def test_the_garbage_collector_may_run_while_a_metric_is_locked() -> None:
    RuntimeMetrics(registry := CollectorRegistry(), Sampler())
    counter = Counter("any", "Any counter.", registry=registry)
    with counter._value._lock, registry._lock:
        assert gc.collect() >= 0


def test_the_build_is_named_when_a_version_is_given() -> None:
    RuntimeMetrics(registry := CollectorRegistry(), Sampler(), version="1.2.3")
    (family,) = [family for family in registry.collect() if family.name == "payment_service_build_info"]
    assert [(sample.labels["version"], sample.value) for sample in family.samples] == [("1.2.3", 1.0)]


def test_a_read_that_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    sampler, reads = Sampler(), []

    def fails() -> None:
        raise RuntimeError("no such pool")

    sampler.add(fails)
    sampler.add(lambda: reads.append(1))
    sampler.sample()
    assert reads == [1]
    assert "no such pool" in caplog.text


def test_values_are_sampled_as_long_as_the_application_lives() -> None:
    states: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        states.append("started")
        yield
        states.append("stopped")

    app = FastAPI(lifespan=lifespan)
    given = instrument(app)
    reads: list[int] = []
    given.sampler.add(lambda: reads.append(1))

    async def scenario() -> None:
        async with alive(app):
            await until(lambda: bool(reads))
            await until(lambda: bool(given.registry.get_sample_value("asyncio_event_loop_lag_seconds_count")))
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())
    assert states == ["started", "stopped"]
