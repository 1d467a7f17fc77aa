"""The engine: PostgreSQL by ``DB_HOST``, else a SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import URL, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

if TYPE_CHECKING:
    from payment_catalog.database_settings import DatabaseSettings

#: Seconds until a request gives up on a connection, and the database on a statement.
POOL_TIMEOUT = 5.0
STATEMENT_TIMEOUT = 10.0


#: What a database that is away, starting, stopping or overloaded raises. asyncpg's own reach us from connecting.
UNAVAILABLE: tuple[type[Exception], ...] = (
    DBAPIError,
    PoolTimeoutError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
#: Among those, what only a defect of ours raises.
DEFECTS: tuple[type[Exception], ...] = (ProgrammingError, IntegrityError, DataError)


def create_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Return an engine with a bounded pool; nothing is opened yet. Raises OSError for an unreadable password file."""
    idle = min(settings.max_idle_connections, settings.max_connections)
    options = {
        "pool_size": max(1, idle),
        "max_overflow": settings.max_connections - max(1, idle),
        "pool_timeout": POOL_TIMEOUT,
        "hide_parameters": True,
    }
    if settings.is_postgresql:
        return create_async_engine(
            postgresql_url(settings),
            pool_pre_ping=True,
            connect_args={
                "timeout": POOL_TIMEOUT,
                "command_timeout": STATEMENT_TIMEOUT,
                "server_settings": {"application_name": "payment-service"},
            },
            **options,
        )
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(settings.sqlite_path)),
        connect_args={"timeout": STATEMENT_TIMEOUT},
        **options,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def postgresql_url(settings: DatabaseSettings, database: str | None = None) -> URL:
    """Return where ``database`` is, ``DB_NAME`` unless given. Raises OSError for an unreadable password file."""
    return URL.create(
        "postgresql+asyncpg",
        username=settings.user,
        password=settings.read_password() or None,
        host=settings.host,
        port=settings.port,
        database=database or settings.name,
    )


def _prepare_sqlite(connection: Any, record: object) -> None:
    del record
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
