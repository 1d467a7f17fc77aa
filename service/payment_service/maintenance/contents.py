"""What a database holds: rows and a checksum of each table, independent of the order of the rows.

The checksum of a table is the sum of the hashes of its rows, so that it is computed in one pass and without
sorting. It finds what a restore loses or changes; it is no defence against who can choose the rows.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_catalog.backup_report import TableContent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

#: Rows after which a loop over SQLite's rows lets an interruption through.
BREATH = 2000

#: Tables whose rows pg_dump dumps: not the system's, not an extension's own.
_TABLES = text(r"""
SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name,
       format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY name
""")


async def postgresql_contents(connection: AsyncConnection) -> dict[str, TableContent]:
    """Return what the connection's transaction sees, by table; tables of ``public`` go without their schema."""
    contents = {}
    for table in (await connection.execute(_TABLES)).all():
        query = (
            "SELECT count(*) AS rows, coalesce(sum(hashtextextended((content.*)::text, 0)), 0)::text AS checksum "  # noqa: S608
            f"FROM ONLY {table.quoted} AS content"  # quoted by the server
        )
        found = (await connection.exec_driver_sql(query)).mappings().one()
        contents[table.name] = TableContent(rows=found["rows"], checksum=found["checksum"])
    return contents


async def sqlite_contents(connection: sqlite3.Connection) -> dict[str, TableContent]:
    """Return what the connection's transaction sees, by table."""
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name"
        )
    ]
    return {name: await _sqlite_table(connection, name) for name in names}


async def _sqlite_table(connection: sqlite3.Connection, name: str) -> TableContent:
    rows = checksum = 0
    quoted = name.replace('"', '""')
    for row in connection.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - quoted
        rows += 1
        checksum += int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=8).digest())
        if rows % BREATH == 0:
            await asyncio.sleep(0)
    return TableContent(rows=rows, checksum=str(checksum))


def differences(expected: Mapping[str, TableContent], found: Mapping[str, TableContent]) -> list[str]:
    """Return how a restored database differs from what the backup's report says, one text a table."""
    said = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name), found.get(name)
        if before is None:
            said.append(f"{name}: the report knows no such table")
        elif after is None:
            said.append(f"{name}: expected {before.rows} rows, found no such table")
        elif before.rows != after.rows:
            said.append(f"{name}: expected {before.rows} rows, found {after.rows}")
        elif before.checksum != after.checksum:
            said.append(
                f"{name}: {before.rows} rows, but not the same: expected checksum {before.checksum}, "
                f"found {after.checksum}"
            )
    return said
