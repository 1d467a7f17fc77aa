"""Rebuilds indexes one at a time; on PostgreSQL without locking the service out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_service.ledger.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

TABLES = tuple(table.name for table in metadata.sorted_tables)

#: How PostgreSQL names the copy and the original while REINDEX CONCURRENTLY runs (its manual, REINDEX).
_LEFTOVER = re.compile(r"_cc(new|old)\d*$")
_POSTGRESQL = text("""
SELECT c.relname AS name, t.relname AS "table", i.indisvalid AS valid, pg_relation_size(c.oid) AS bytes
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE t.relname = ANY(:tables) AND t.relnamespace = current_schema()::regnamespace
ORDER BY t.relname, c.relname
""")
_SQLITE = text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' ORDER BY tbl_name, name")


@dataclass(frozen=True, slots=True)
class Index:
    """An index of the ledger's tables; SQLite does not say how large it is."""

    name: str
    table: str
    valid: bool = True
    size_bytes: int | None = None

    @property
    def is_leftover(self) -> bool:
        """Whether an interrupted REINDEX CONCURRENTLY left it behind, unused but kept up to date at each write."""
        return not self.valid and bool(_LEFTOVER.search(self.name))

    def __str__(self) -> str:
        size = "" if self.size_bytes is None else f" ({self.size_bytes} bytes)"
        return f"index {self.name} of {self.table}{size}"


async def list_indexes(connection: AsyncConnection) -> list[Index]:
    """Return the indexes of the ledger's tables."""
    if _is_postgresql(connection):
        rows = (await connection.execute(_POSTGRESQL, {"tables": list(TABLES)})).all()
        return [Index(row.name, row.table, row.valid, row.bytes) for row in rows]
    return [Index(name, table) for name, table in (await connection.execute(_SQLITE)).all() if table in TABLES]


async def rebuild(connection: AsyncConnection, index: Index) -> None:
    """Rebuild one index; writes go on where the database can do that."""
    how = "CONCURRENTLY " if _is_postgresql(connection) else ""
    what = "INDEX " if _is_postgresql(connection) else ""
    await connection.exec_driver_sql(f"REINDEX {what}{how}{_quoted(connection, index.name)}")


async def drop_leftover(connection: AsyncConnection, index: Index) -> None:
    """Drop what an interrupted rebuild left behind."""
    await connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {_quoted(connection, index.name)}")


def _is_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


def _quoted(connection: AsyncConnection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
