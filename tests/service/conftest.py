"""The service over ASGI, with the gateway simulator behind it and SQLite below."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from payment_catalog.database_settings import DatabaseSettings
from payment_service.app import create_app
from payment_service.database import create_engine
from payment_service.migrations import migrate_up
from payment_service.settings import ServiceSettings
from payment_service.simulator import Knobs, create_simulator

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Service:
    """A running service: a caller with a key, one without, and the gateway's knobs."""

    caller: httpx.AsyncClient
    stranger: httpx.AsyncClient
    other: httpx.AsyncClient
    gateway: httpx.AsyncClient

    async def pay(self, amount: int = 1000, **headers: str) -> httpx.Response:
        body = {"amount_minor": amount, "currency": "MYR", "method": "card"}
        return await self.caller.post("/payments", json=body, headers=headers)

    async def turn(self, **knobs: Any) -> None:
        (await self.gateway.post("/knobs", json={"latency_ms": 0, **knobs})).raise_for_status()

    async def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        text = (await self.stranger.get("/metrics")).text
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        return (await self.samples()).get((name, tuple(sorted(labels.items()))))


Scenario = Callable[[Service], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run a scenario against a fresh service; keyword arguments are its settings."""

    def run(scenario: Scenario, **settings: Any) -> None:
        async def whole() -> None:
            async with _service(tmp_path, settings) as service:
                await scenario(service)

        asyncio.run(whole())

    return run


@asynccontextmanager
async def _service(directory: Path, more: dict[str, Any]) -> AsyncIterator[Service]:
    keys = directory / "keys"
    keys.write_text(
        "".join(f"{name} {hashlib.sha256(f'key-{name}'.encode()).hexdigest()}\n" for name in ("shop", "other"))
    )
    database = DatabaseSettings(host=None, sqlite_path=directory / "payments.db")
    engine = create_engine(database)
    await migrate_up(engine)
    await engine.dispose()
    simulator = httpx.ASGITransport(create_simulator(Knobs(latency_ms=0)))
    settings = ServiceSettings(
        fiuu_base_url="http://gateway",
        fiuu_merchant_id="merchant",
        fiuu_verify_key="verify",
        payment_api_keys_file=keys,
        **more,
    )
    app = create_app(settings, database, simulator)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def client(**headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    async with (
        app.router.lifespan_context(app),
        client(Authorization="Bearer key-shop") as caller,
        client() as stranger,
        client(Authorization="Bearer key-other") as other,
        httpx.AsyncClient(transport=simulator, base_url="http://gateway") as gateway,
    ):
        yield Service(caller, stranger, other, gateway)
