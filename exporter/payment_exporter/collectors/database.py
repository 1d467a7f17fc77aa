"""The connection to the payment database, for reading only."""

from __future__ import annotations

import math
import sqlite3
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from payment_catalog.database_settings import DatabaseSettings

#: How the exporter names itself to the server, and leaves itself out of what it measures there.
APPLICATION_NAME = "payment-exporter"

#: Shares of the time-out after which the server gives up: early enough that a collector can still say why, and
#: publish what it has read.
_STATEMENT_SHARE = 0.8
_LOCK_SHARE = 0.25
#: So many unanswered probes, after half of the time-out without a word, mean that the server has vanished.
_PROBES = 3


class Database:
    """The database of one collector, which uses it for at most ``timeout`` seconds each time."""

    def __init__(self, settings: DatabaseSettings, timeout: float) -> None:
        self._settings = settings
        self._timeout = self._in_force = timeout
        self._engine = connect(settings, timeout)

    def connect(self, within: float = math.inf) -> Connection:
        """Return the connection, which gives up ``within`` so many seconds where those are fewer than the time-out.

        What gives up sooner is opened anew: who pools connections may give one with changed limits to others. So whole
        seconds count where there are any, and scrapes of the same length have the same connection.
        """
        timeout = min(self._timeout, math.floor(within) if 1 <= within < math.inf else within)
        if timeout != self._in_force:
            self._engine.dispose()
            self._engine, self._in_force = connect(self._settings, timeout), timeout
        return self._engine.connect()

    def close(self) -> None:
        """Close what is open."""
        self._engine.dispose()


def connect(settings: DatabaseSettings, timeout: float) -> Engine:
    """Return an engine with one connection, which gives up within ``timeout`` seconds; nothing is opened yet.

    The transactions of PostgreSQL are read-only, a file of SQLite is opened read-only. A connection that the server
    has closed is opened anew at the next use. The engine's errors are SQLAlchemy's; OSError where the password's file
    cannot be read.
    """
    return _postgresql(settings, timeout) if settings.is_postgresql else _sqlite(settings, timeout)


def _sqlite(settings: DatabaseSettings, timeout: float) -> Engine:
    """Open the file anew each time: a kept connection would go on reading a file that a restore has replaced."""
    address = f"{settings.sqlite_path.absolute().as_uri()}?mode=ro"
    return create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=timeout), poolclass=NullPool
    )


def _postgresql(settings: DatabaseSettings, timeout: float) -> Engine:
    """Read the password at each connection, so that a rotated one needs no restart."""
    engine = create_engine(
        URL.create(
            "postgresql+psycopg",
            username=settings.user,
            host=settings.host,
            port=settings.port,
            database=settings.name,
        ),
        pool_size=1,
        max_overflow=0,
        pool_timeout=timeout,
        pool_pre_ping=True,
        connect_args=_arguments(timeout),
    )

    @event.listens_for(engine, "do_connect")
    def _authenticate(dialect: object, record: object, arguments: object, parameters: dict[str, Any]) -> None:
        del dialect, record, arguments
        password = settings.read_password()
        if password:
            parameters["password"] = password

    return engine


def _arguments(timeout: float) -> dict[str, Any]:
    """Return libpq's parameters; it counts whole seconds, and gives a connection at least two.

    Statements are not prepared on the server: a plan that is kept breaks when a migration changes a column, and
    behind a pooler.
    """
    options = {
        "default_transaction_read_only": "on",
        "statement_timeout": _milliseconds(timeout * _STATEMENT_SHARE),
        "lock_timeout": _milliseconds(timeout * _LOCK_SHARE),
    }
    return {
        "application_name": APPLICATION_NAME,
        "connect_timeout": max(1, int(timeout)),
        "tcp_user_timeout": _milliseconds(timeout),
        "keepalives": 1,
        "keepalives_idle": max(1, int(timeout / 2)),
        "keepalives_interval": max(1, int(timeout / 2 / _PROBES)),
        "keepalives_count": _PROBES,
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        "prepare_threshold": None,
    }


def _milliseconds(seconds: float) -> int:
    """Return whole milliseconds, at least one: 0 would mean no limit."""
    return max(1, int(seconds * 1000))
