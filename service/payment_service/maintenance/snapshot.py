"""One state of the database, dumped and counted while the service goes on writing."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text

from payment_service.ledger.statement_statistics import SCHEMA, VIEW
from payment_service.maintenance.contents import BREATH, postgresql_contents, sqlite_contents
from payment_service.maintenance.postgresql import client_arguments, client_environment, create_server_engine
from payment_service.maintenance.programs import run_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

    from payment_catalog.backup_report import TableContent
    from payment_catalog.database_settings import DatabaseSettings

#: Extensions belong to the server and need its superuser; without this, a restore by the service's own
#: user would fail at pg_stat_statements. It turns large objects off, which --blobs turns on again.
_WHAT = ("--extension=plpgsql", "--blobs", f"--exclude-schema={SCHEMA}", f"--exclude-table={VIEW}")


class Snapshot(Protocol):
    """What a transaction sees of the database, however long it takes to read it."""

    async def dump(self, file: Path) -> None:
        """Write it into the existing ``file`` as gzipped SQL."""

    async def contents(self) -> dict[str, TableContent]:
        """Return rows and checksum of each table."""

    async def revision(self) -> str | None:
        """Return the revision of the schema; ``None`` where it has none."""


def open_snapshot(
    settings: DatabaseSettings, *, lock_timeout: timedelta, time_limit: timedelta
) -> AbstractAsyncContextManager[Snapshot]:
    """Open a snapshot; it raises OSError, SQLAlchemyError, sqlite3.Error or ProgramError."""
    if settings.is_postgresql:
        return _open_postgresql(settings, lock_timeout, time_limit)
    return _open_sqlite(settings, lock_timeout)


@asynccontextmanager
async def _open_postgresql(
    settings: DatabaseSettings, lock_timeout: timedelta, time_limit: timedelta
) -> AsyncIterator[Snapshot]:
    engine = create_server_engine(settings, "backup", lock_timeout=lock_timeout, statement_timeout=time_limit)
    try:
        async with engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            snapshot = (await connection.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
            yield _PostgresqlSnapshot(settings, connection, snapshot, lock_timeout)
    finally:
        await engine.dispose()


class _PostgresqlSnapshot:
    def __init__(
        self, settings: DatabaseSettings, connection: AsyncConnection, snapshot: str, lock_timeout: timedelta
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._snapshot = snapshot
        self._lock_timeout = lock_timeout

    async def dump(self, file: Path) -> None:
        milliseconds = int(self._lock_timeout.total_seconds() * 1000)
        command = (
            *("pg_dump", *client_arguments(self._settings), *_WHAT, f"--snapshot={self._snapshot}"),
            *(f"--lock-wait-timeout={milliseconds}", "--compress=6"),
        )
        with file.open("wb") as output:
            await run_program(command, client_environment(self._settings), output=output)

    async def contents(self) -> dict[str, TableContent]:
        return await postgresql_contents(self._connection)

    async def revision(self) -> str | None:
        known = text("SELECT to_regclass('alembic_version') IS NOT NULL")
        if not (await self._connection.execute(known)).scalar_one():
            return None
        return (await self._connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()


@asynccontextmanager
async def _open_sqlite(settings: DatabaseSettings, lock_timeout: timedelta) -> AsyncIterator[Snapshot]:
    address = f"{settings.sqlite_path.absolute().as_uri()}?mode=ro"
    seconds = lock_timeout.total_seconds()
    with closing(sqlite3.connect(address, uri=True, timeout=seconds, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master")  # the transaction begins at its first read
        yield _SqliteSnapshot(connection)


class _SqliteSnapshot:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def dump(self, file: Path) -> None:
        with gzip.open(file, "wb", compresslevel=6) as stream:
            for number, line in enumerate(self._connection.iterdump()):
                stream.write(f"{line}\n".encode())
                if number % BREATH == 0:
                    await asyncio.sleep(0)

    async def contents(self) -> dict[str, TableContent]:
        return await sqlite_contents(self._connection)

    async def revision(self) -> str | None:
        known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
        if not self._connection.execute(known).fetchone()[0]:
            return None
        row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
