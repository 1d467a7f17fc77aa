"""Liveness and readiness."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from payment_catalog.vocabulary import Dependency
from payment_service.health import Check, Readiness
from payment_service.metrics import ServiceMetrics

if TYPE_CHECKING:
    from conftest import Service

Play = Callable[..., None]


def readiness(ask: Callable[[], Awaitable[bool]], *, required: bool, clock: Callable[[], float]) -> Readiness:
    check = Check(Dependency.DATABASE, required, ask)
    return Readiness([check], ServiceMetrics(CollectorRegistry()), clock)


def test_a_service_with_its_dependencies_is_ready(play: Play) -> None:
    async def scenario(service: Service) -> None:
        assert (await service.stranger.get("/health")).json() == {"status": "ok"}
        answer = await service.stranger.get("/ready")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ready",
            "checks": {
                "database": {"up": True, "required": True},
                "gateway": {"up": True, "required": False},
            },
        }
        assert await service.value("payment_service_ready") == 1
        assert await service.value("payment_service_dependency_up", dependency="database") == 1

    play(scenario)


def test_while_it_drains_it_serves_and_is_not_ready(play: Play) -> None:
    async def scenario(service: Service) -> None:
        service.app.state.parts.readiness.drain()
        answer = await service.stranger.get("/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "draining")
        assert (await service.stranger.get("/health")).status_code == 200
        assert (await service.pay()).status_code == 201
        assert await service.value("payment_service_ready") == 0

    play(scenario)


@pytest.mark.parametrize(("required", "ready"), [(True, False), (False, True)])
def test_only_a_required_dependency_takes_the_service_out(required: bool, ready: bool) -> None:
    async def fails() -> bool:
        raise ConnectionRefusedError

    report = asyncio.run(readiness(fails, required=required, clock=lambda: 0).report())
    assert report.ready is ready
    assert report.up == {Dependency.DATABASE: False}


def test_a_dependency_that_hangs_counts_as_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_service.health.CHECK_SECONDS", 0.05)

    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    assert not asyncio.run(readiness(hangs, required=True, clock=lambda: 0).report()).ready


def test_a_flood_of_checks_asks_the_dependency_once_a_second() -> None:
    asked = 0
    now = 100.0

    async def ask() -> bool:
        nonlocal asked
        asked += 1
        return True

    async def flood() -> None:
        nonlocal now
        watched = readiness(ask, required=True, clock=lambda: now)
        await asyncio.gather(*(watched.report() for _ in range(50)))
        assert asked == 1
        now += 1.5
        await watched.report()
        assert asked == 2

    asyncio.run(flood())
