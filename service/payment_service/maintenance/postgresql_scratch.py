"""The throw-away database on the PostgreSQL server: created like ``DB_NAME``, restored into by psql."""

from __future__ import annotations

import gzip
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_catalog.errors import ForeseenError
from payment_service.maintenance.contents import postgresql_contents
from payment_service.maintenance.failures import explained, reason
from payment_service.maintenance.postgresql import client_arguments, client_environment, create_server_engine
from payment_service.maintenance.programs import ProgramError, run_program
from payment_service.maintenance.running import uninterrupted
from payment_service.maintenance.scratch import BROKEN_GZIP, RestoreError, Scratch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

    from payment_catalog.backup_report import TableContent
    from payment_catalog.database_settings import DatabaseSettings
    from payment_service.maintenance.progress import Progress

_CHUNK = 1 << 18
#: psql's exit code when a statement of the script failed (its manual, "Exit Status").
_SCRIPT_FAILED = 3
_ADMINISTRATION = timedelta(minutes=1)
_FORGOTTEN_AFTER = timedelta(days=1)
_NAME = re.compile(r"verify_(\d{8}_\d{6})_[0-9a-f]{8}")
_NAME_TIME = "%Y%m%d_%H%M%S"


@asynccontextmanager
async def create_postgresql_scratch(
    settings: DatabaseSettings, *, time_limit: timedelta, progress: Progress
) -> AsyncIterator[Scratch]:
    """Create a database on the server of ``settings`` and drop it afterwards, whatever happens.

    Raises OSError, SQLAlchemyError or ProgramError; ForeseenError where it has to be left behind.
    """
    name = f"verify_{datetime.now(UTC):{_NAME_TIME}}_{token_hex(4)}"
    async with _administration(settings) as connection:
        await _drop_forgotten(connection, progress)
    try:
        await uninterrupted(_create(settings, name))
        yield _PostgresqlScratch(settings, name, time_limit)
    finally:
        with explained(ForeseenError, f"the database {name} is left behind, drop it"):
            await uninterrupted(_drop(settings, name))


@asynccontextmanager
async def _administration(settings: DatabaseSettings) -> AsyncIterator[AsyncConnection]:
    engine = create_server_engine(
        settings, "verify-backup", lock_timeout=_ADMINISTRATION, statement_timeout=_ADMINISTRATION
    )
    try:
        async with engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")
    finally:
        await engine.dispose()


async def _create(settings: DatabaseSettings, name: str) -> None:
    """Create an empty database with the encoding and locale of ``DB_NAME``."""
    like = text("""
        SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate, datctype)
        FROM pg_catalog.pg_database WHERE datname = current_database()
    """)
    async with _administration(settings) as connection:
        options = (await connection.execute(like)).scalar_one()
        await connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 {options}")


async def _drop(settings: DatabaseSettings, name: str) -> None:
    async with _administration(settings) as connection:
        await connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _drop_forgotten(connection: AsyncConnection, progress: Progress) -> None:
    """Drop what runs that were killed left behind; only our own names and only those that nobody uses."""
    unused = text("""
        SELECT datname FROM pg_catalog.pg_database AS d
        WHERE datname LIKE 'verify\\_%' AND pg_has_role(datdba, 'USAGE')
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.datid = d.oid)
    """)
    for name in (await connection.execute(unused)).scalars().all():
        if is_forgotten(name, datetime.now(UTC)):
            await connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            progress(f"dropped {name}, which a run that was killed had left behind")


def is_forgotten(database: str, now: datetime) -> bool:
    """Return whether a run created ``database`` more than a day ago, by its name."""
    match = _NAME.fullmatch(database)
    if not match:
        return False
    try:
        created = datetime.strptime(match[1], _NAME_TIME).replace(tzinfo=UTC)
    except ValueError:
        return False
    return now - created > _FORGOTTEN_AFTER


class _PostgresqlScratch:
    def __init__(self, settings: DatabaseSettings, name: str, time_limit: timedelta) -> None:
        self._settings = settings
        self._name = name
        self._time_limit = time_limit

    async def restore(self, file: Path) -> None:
        command = (
            *("psql", *client_arguments(self._settings, self._name), "--no-psqlrc", "--quiet", "--single-transaction"),
            *("--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", "--file=-"),
        )
        try:
            await run_program(command, client_environment(self._settings), feed=_decompressed(file))
        except ProgramError as error:
            if error.code != _SCRIPT_FAILED:
                raise
            raise RestoreError(str(error)) from None

    async def contents(self) -> dict[str, TableContent]:
        engine = create_server_engine(
            self._settings,
            "verify-backup",
            lock_timeout=_ADMINISTRATION,
            statement_timeout=self._time_limit,
            database=self._name,
        )
        try:
            async with engine.connect() as connection:
                return await postgresql_contents(connection)
        finally:
            await engine.dispose()


async def _decompressed(file: Path) -> AsyncIterator[bytes]:
    try:
        with gzip.open(file, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except BROKEN_GZIP as error:
        raise RestoreError(reason(error)) from None
