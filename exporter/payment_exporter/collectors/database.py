"""The connection to the payment database, for reading only."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event

if TYPE_CHECKING:
    from payment_catalog.database_settings import DatabaseSettings

#: How the exporter names itself to the server, and leaves itself out of what it measures there.
APPLICATION_NAME = "payment-exporter"


def connect(settings: DatabaseSettings, timeout: float) -> Engine:
    """Return an engine whose connections give up after ``timeout`` seconds; nothing is opened yet."""
    return _postgresql(settings, timeout) if settings.is_postgresql else _sqlite(settings, timeout)


def _sqlite(settings: DatabaseSettings, timeout: float) -> Engine:
    """Open the file anew each time: a kept connection would go on reading a file that a restore has replaced."""
    address = f"{settings.sqlite_path.absolute().as_uri()}?mode=ro"
    return create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=timeout), poolclass=NullPool
    )


def _postgresql(settings: DatabaseSettings, timeout: float) -> Engine:
    """Read the password at each connection, so that a rotated one needs no restart."""
    milliseconds = int(timeout * 1000)
    engine = create_engine(
        URL.create(
            "postgresql+psycopg",
            username=settings.user,
            host=settings.host,
            port=settings.port,
            database=settings.name,
        ),
        pool_size=2,
        max_overflow=0,
        pool_timeout=timeout,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(1, int(timeout)),
            "tcp_user_timeout": milliseconds,
            "keepalives_idle": max(1, int(timeout)),
            "application_name": APPLICATION_NAME,
            "options": f"-c statement_timeout={milliseconds} -c default_transaction_read_only=on",
        },
    )

    @event.listens_for(engine, "do_connect")
    def _authenticate(dialect: object, record: object, arguments: object, parameters: dict[str, Any]) -> None:
        del dialect, record, arguments
        password = settings.read_password()
        if password:
            parameters["password"] = password

    return engine
