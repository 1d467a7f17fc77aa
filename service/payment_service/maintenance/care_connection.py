"""The connection that the care of the database uses, and the lock that keeps two runs apart."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import URL, NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from payment_catalog.errors import ForeseenError
from payment_service.ledger.migrations import NOT_CURRENT, schema_status
from payment_service.maintenance.exclusive import exclusively
from payment_service.maintenance.indexes import TABLES
from payment_service.maintenance.postgresql import create_server_engine
from payment_service.maintenance.running import uninterrupted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta

    from payment_catalog.database_settings import DatabaseSettings

#: Key of the advisory lock that a run holds; any number that nobody else uses.
ADVISORY_LOCK = 0x7061_796D_656E_7473


class MaintenanceError(ForeseenError):
    """Care that could not be done."""


@asynccontextmanager
async def open_connection(
    settings: DatabaseSettings, *, lock_timeout: timedelta, statement_timeout: timedelta
) -> AsyncIterator[AsyncConnection]:
    """Connect, each statement a transaction of its own; raises MaintenanceError for a schema that is not current."""
    async with _engine(settings, lock_timeout, statement_timeout) as engine:
        # aiosqlite's thread must not be left alone while it opens the file.
        await uninterrupted(_require_schema(engine))
        connection = engine.connect()
        try:
            await uninterrupted(connection.start())
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")
        finally:
            if connection.sync_connection is not None:
                await connection.close()


@asynccontextmanager
async def alone(settings: DatabaseSettings, connection: AsyncConnection) -> AsyncIterator[None]:
    """Keep other runs away; raises MaintenanceError or OccupiedError. The lock ends with connection or process."""
    if not settings.is_postgresql:
        with exclusively(settings.sqlite_path.absolute().parent):
            yield
        return
    lock = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=ADVISORY_LOCK)
    if not (await connection.execute(lock)).scalar_one():
        raise MaintenanceError(f"another run is at work in the database {settings.name}")
    not_owned = text("""
        SELECT relname FROM pg_catalog.pg_class
        WHERE relname = ANY(:tables) AND relnamespace = current_schema()::regnamespace
          AND NOT pg_has_role(relowner, 'USAGE')
    """)
    foreign = (await connection.execute(not_owned, {"tables": list(TABLES)})).scalars().all()
    if foreign:
        raise MaintenanceError(f"{settings.user} does not own {', '.join(foreign)}; only their owner may care for them")
    yield


@asynccontextmanager
async def _engine(
    settings: DatabaseSettings, lock_timeout: timedelta, statement_timeout: timedelta
) -> AsyncIterator[AsyncEngine]:
    if settings.is_postgresql:
        engine = create_server_engine(
            settings, "maintain", lock_timeout=lock_timeout, statement_timeout=statement_timeout
        )
    elif not settings.sqlite_path.is_file():
        raise MaintenanceError(f"{settings.sqlite_path}: no such file")
    else:
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(settings.sqlite_path)),
            poolclass=NullPool,
            connect_args={"timeout": lock_timeout.total_seconds()},
        )
    try:
        yield engine
    finally:
        await engine.dispose()


async def _require_schema(engine: AsyncEngine) -> None:
    status = await schema_status(engine)
    if not status.is_current:
        raise MaintenanceError(NOT_CURRENT)
