"""``pg_stat_statements`` as the runbook's queries name it.

Since PostgreSQL 13 its columns ``mean_time`` and ``total_time`` are called ``mean_exec_time`` and
``total_exec_time``. The extension goes into a schema of its own, and a view of the same name shows both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

SCHEMA = "statistics"
VIEW = "public.pg_stat_statements"

_INSTALLED_IN = """
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'
"""
_MAY_INSTALL = """
SELECT current_setting('is_superuser')::boolean
  AND 'pg_stat_statements' = ANY (string_to_array(replace(current_setting('shared_preload_libraries'), ' ', ''), ','))
"""
_INSTALL = (f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}", f"CREATE EXTENSION pg_stat_statements SCHEMA {SCHEMA}")
_CREATE_VIEW = f"""
CREATE OR REPLACE VIEW {VIEW} AS
SELECT *, mean_exec_time AS mean_time, total_exec_time AS total_time FROM {SCHEMA}.pg_stat_statements
"""  # noqa: S608 - constants of this module
_BY_HAND = (
    "as a superuser, with pg_stat_statements in shared_preload_libraries, run "
    f"'CREATE SCHEMA IF NOT EXISTS {SCHEMA}; {{}}', then 'payment-service migrate up' again"
)


async def prepare(engine: AsyncEngine) -> str:
    """Make slow statements visible where that is possible, and return what was found, in a sentence."""
    if engine.dialect.name != "postgresql":
        return "slow statements are PostgreSQL's to tell"
    async with engine.begin() as connection:
        return await _prepare(connection)


async def _prepare(connection: AsyncConnection) -> str:
    schema = (await connection.execute(text(_INSTALLED_IN))).scalar()
    if schema is None:
        if not (await connection.execute(text(_MAY_INSTALL))).scalar_one():
            return f"slow statements cannot be seen: {_BY_HAND.format(_INSTALL[1])}"
        for statement in _INSTALL:
            await connection.execute(text(statement))
    elif schema != SCHEMA:
        move = f"ALTER EXTENSION pg_stat_statements SET SCHEMA {SCHEMA}"
        return f"slow statements have other column names than the runbook's: {_BY_HAND.format(move)}"
    await connection.execute(text(_CREATE_VIEW))
    return "slow statements can be seen in pg_stat_statements"
