"""A ledger with payments in it, on a real PostgreSQL and in SQLite, and commands that can be killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, insert, text
from waiting import wait_until

from payment_catalog.database_settings import DatabaseSettings
from payment_service.ledger import database
from payment_service.ledger.migrations import migrate_up
from payment_service.ledger.tables import payment_attempts, payments

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Postgres

NOW = datetime.now(UTC)


class Ledger:
    """A database with the service's schema."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.engine = _sync_engine(settings)
        self._numbers = count(1)

    def migrate(self) -> None:
        async def up() -> None:
            engine = database.create_engine(self.settings)
            await migrate_up(engine)
            await engine.dispose()

        asyncio.run(up())

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def value(self, query: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(query)).scalar()

    def column(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)).scalars())

    def pay(self, amount: int = 1000) -> str:
        """Add a payment and return its id."""
        number = next(self._numbers)
        row = {
            "id": f"payment-{number}",
            "merchant": "shop: ☂ 'quoted'",
            "idempotency_key": f"key-{number}",
            "request_digest": "0" * 64,
            "amount_minor": amount,
            "currency": "MYR",
            "method": "card",
            "status": "succeeded",
            "created_at": NOW,
            "updated_at": NOW,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(payments), row)
        return f"payment-{number}"

    def attempt(self, payment: str, number: int, *, days: float, resolved: bool = True) -> None:
        """Add attempts of ``days`` ago to a payment."""
        created = NOW - timedelta(days=days)
        rows = [
            {
                "id": f"{payment}-{next(self._numbers)}",
                "payment_id": payment,
                "operation": "refund",
                "created_at": created + timedelta(seconds=index // 3),
                "resolved_at": created if resolved else None,
                "next_check_at": created,
            }
            for index in range(number)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(payment_attempts), rows)

    def attempts(self) -> int:
        return int(self.value("SELECT count(*) FROM payment_attempts"))

    @contextmanager
    def holding(self, *statements: str) -> Iterator[Connection]:
        """Keep a transaction open in which ``statements`` were run."""
        with self.engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
            yield connection
            connection.rollback()


def _sync_engine(settings: DatabaseSettings) -> Engine:
    if settings.is_postgresql:
        url = URL.create("postgresql+psycopg", settings.user, None, settings.host, settings.port, settings.name)
    else:
        url = URL.create("sqlite", database=str(settings.sqlite_path))
    return create_engine(url, poolclass=NullPool)


def _made(settings: DatabaseSettings) -> Ledger:
    ledger = Ledger(settings)
    ledger.migrate()
    for amount in (4711, 1500, 99):
        ledger.pay(amount)
    return ledger


def settings_of(database: Postgres) -> DatabaseSettings:
    variables = {name.removeprefix("DB_").lower(): value for name, value in database.environment.items()}
    return DatabaseSettings.model_validate(variables)


@pytest.fixture
def on_postgresql(fresh_database: Postgres) -> Ledger:
    return _made(settings_of(fresh_database))


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Ledger:
    (tmp_path / "ledger").mkdir()
    return _made(DatabaseSettings(host=None, sqlite_path=tmp_path / "ledger" / "a ?#%.db"))


@pytest.fixture(params=["on_postgresql", "on_sqlite"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    made: Ledger = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def lines() -> list[str]:
    """What the command told; ``lines.append`` is its progress."""
    return []


@dataclass(frozen=True)
class Started:
    """A command in a process of its own."""

    process: subprocess.Popen[str]

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal and return exit code and what it wrote to stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


Start = Callable[[str, DatabaseSettings], Started]


@pytest.fixture
def start() -> Iterator[Start]:
    """Run a Python statement in which ``settings`` is the database."""
    started: list[Started] = []

    def run(statement: str, settings: DatabaseSettings) -> Started:
        script = (
            "from payment_catalog.database_settings import DatabaseSettings\n"
            f"settings = DatabaseSettings()\n{statement}"
        )
        variables = {
            "DB_HOST": str(settings.host),
            "DB_PORT": str(settings.port),
            "DB_USER": settings.user,
            "DB_NAME": settings.name,
        }
        process = subprocess.Popen(
            [sys.executable, "-c", script], env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True
        )
        started.append(Started(process))
        return started[-1]

    yield run
    for each in started:
        each.process.kill()
        each.process.communicate(timeout=30)


Wait = Callable[[str, Callable[[], bool]], None]


@pytest.fixture
def wait() -> Wait:
    """Wait until something holds, at most half a minute."""

    return lambda what, holds: wait_until(what, holds, pause=0.05)
