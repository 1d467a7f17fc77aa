"""The throw-away SQLite file."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import tempfile
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

from payment_service.maintenance.contents import BREATH, sqlite_contents
from payment_service.maintenance.failures import reason
from payment_service.maintenance.scratch import BROKEN_GZIP, RestoreError, Scratch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from payment_catalog.backup_report import TableContent


@asynccontextmanager
async def create_sqlite_scratch() -> AsyncIterator[Scratch]:
    """Create a file in the system's temporary directory; raises OSError or sqlite3.Error."""
    with (
        tempfile.TemporaryDirectory(prefix="payment-service-verify-") as directory,
        closing(sqlite3.connect(Path(directory) / "restored.db", isolation_level=None)) as connection,
    ):
        connection.set_authorizer(_no_other_file)
        yield _SqliteScratch(connection)


def _no_other_file(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action in {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH} else sqlite3.SQLITE_OK


class _SqliteScratch:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def restore(self, file: Path) -> None:
        try:
            await self._execute(file)
        except (sqlite3.Error, UnicodeDecodeError, *BROKEN_GZIP) as error:
            raise RestoreError(reason(error)) from None

    async def _execute(self, file: Path) -> None:
        statement = ""
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as stream:
            for number, line in enumerate(stream):
                statement += line
                if sqlite3.complete_statement(statement):
                    self._connection.execute(statement)
                    statement = ""
                if number % BREATH == 0:
                    await asyncio.sleep(0)
        if statement.strip() or self._connection.in_transaction:
            raise RestoreError("it ends in the middle of a statement")

    async def contents(self) -> dict[str, TableContent]:
        return await sqlite_contents(self._connection)
