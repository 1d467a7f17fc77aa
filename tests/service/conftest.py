"""The service over ASGI, with the gateway simulator behind it and SQLite below."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from payment_catalog.database_settings import DatabaseSettings
from payment_service.app import create_app
from payment_service.gateway.simulator import Knobs, create_simulator
from payment_service.ledger.database import create_engine
from payment_service.ledger.migrations import migrate_up
from payment_service.security.authentication import Scope, key_line
from payment_service.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

SCOPES = {"shop": tuple(Scope), "other": tuple(Scope), "auditor": (Scope.READ,)}


@dataclass(frozen=True)
class Service:
    """A running service: callers with and without a key, and the gateway's knobs."""

    app: FastAPI
    transport: httpx.AsyncBaseTransport
    caller: httpx.AsyncClient
    stranger: httpx.AsyncClient
    other: httpx.AsyncClient
    auditor: httpx.AsyncClient
    gateway: httpx.AsyncClient

    async def pay(self, amount: int = 1000, *, capture: bool = True, **headers: str) -> httpx.Response:
        body = {"amount_minor": amount, "currency": "MYR", "method": "card", "capture": capture}
        return await self.caller.post("/payments", json=body, headers=headers)

    async def status_of(self, payment: str) -> str:
        return str((await self.caller.get(f"/payments/{payment}")).json()["status"])

    async def turn(self, **knobs: Any) -> None:
        (await self.gateway.post("/knobs", json={"latency_ms": 0, **knobs})).raise_for_status()

    async def ledger(self) -> list[dict[str, Any]]:
        """What the gateway has booked."""
        booked: list[dict[str, Any]] = (await self.gateway.get("/ledger")).json()
        return booked

    async def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        text = (await self.stranger.get("/metrics")).text
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        return (await self.samples()).get((name, tuple(sorted(labels.items()))))

    async def until(self, what: str, holds: Callable[[], Awaitable[bool]], limit: float = 15) -> None:
        """Wait until ``holds()``; the test fails with ``what`` it waited for."""
        deadline = monotonic() + limit
        while not await holds():
            assert monotonic() < deadline, f"not within {limit:.0f} s: {what}"
            await asyncio.sleep(0.02)


Scenario = Callable[[Service], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in SQLite with the newest schema, to copy."""
    file = tmp_path_factory.mktemp("ledger") / "payments.db"

    async def migrated() -> None:
        engine = create_engine(DatabaseSettings(host=None, sqlite_path=file))
        await migrate_up(engine)
        await engine.dispose()

    asyncio.run(migrated())
    return file


@pytest.fixture
def play(tmp_path: Path, empty_ledger: Path) -> Play:
    """Run a scenario against a fresh service; keyword arguments are its settings."""

    def run(scenario: Scenario, **settings: Any) -> None:
        async def whole() -> None:
            if not (tmp_path / "payments.db").exists():
                shutil.copy(empty_ledger, tmp_path / "payments.db")
            async with _service(tmp_path, settings) as service:
                await scenario(service)

        asyncio.run(whole())

    return run


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    handlers, level = list(logging.root.handlers), logging.root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    yield
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class _Late(httpx.AsyncBaseTransport):
    """A transport that is known only after those who use it."""

    inner: httpx.AsyncBaseTransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.inner.handle_async_request(request)


@asynccontextmanager
async def _service(directory: Path, more: dict[str, Any]) -> AsyncIterator[Service]:
    keys = directory / "keys"
    keys.write_text("".join(f"{key_line(name, f'key-{name}', scopes)}\n" for name, scopes in SCOPES.items()))
    database = DatabaseSettings(host=None, sqlite_path=directory / "payments.db")
    values = {
        "fiuu_base_url": "http://gateway",
        "fiuu_callback_url": "http://service/fiuu/callback",
        "fiuu_merchant_id": "merchant",
        "fiuu_verify_key": "verify-key",
        "fiuu_secret_key": "secret-key",
        "payment_api_keys_file": keys,
    }
    settings = ServiceSettings(**{**values, **more})
    callbacks = _Late()
    simulator = httpx.ASGITransport(
        create_simulator(settings.read_credentials(), Knobs(latency_ms=0), callback_transport=callbacks)
    )
    app = create_app(settings, database, None if "fiuu_base_url" in more else simulator)
    transport = callbacks.inner = httpx.ASGITransport(app, raise_app_exceptions=False)

    def client(**headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    async with (
        app.router.lifespan_context(app),
        client(Authorization="Bearer key-shop") as caller,
        client() as stranger,
        client(Authorization="Bearer key-other") as other,
        client(Authorization="Bearer key-auditor") as auditor,
        httpx.AsyncClient(transport=simulator, base_url="http://gateway") as gateway,
    ):
        yield Service(app, transport, caller, stranger, other, auditor, gateway)
