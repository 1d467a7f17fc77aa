"""How the commands reach the PostgreSQL server: as clients of their own, with limits that the server keeps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from payment_service.ledger.database import postgresql_url

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_catalog.database_settings import DatabaseSettings

_CONNECT_TIMEOUT = 10
#: What the text of a row depends on (PostgreSQL, chapter 20.11), so that equal rows have equal texts.
_TEXT_FORMS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}


def create_server_engine(
    settings: DatabaseSettings,
    purpose: str,
    *,
    lock_timeout: timedelta,
    statement_timeout: timedelta,
    database: str | None = None,
) -> AsyncEngine:
    """Return an engine without a pool on ``database`` (``DB_NAME`` unless given).

    The server ends each statement after ``statement_timeout`` even when this program was killed, and each wait
    for a lock after ``lock_timeout``. Row security raises an error instead of hiding rows. Raises OSError for
    an unreadable password file.
    """
    return create_async_engine(
        postgresql_url(settings, database),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "timeout": _CONNECT_TIMEOUT,
            "server_settings": {
                **_TEXT_FORMS,
                "application_name": f"payment-service {purpose}",
                "lock_timeout": _milliseconds(lock_timeout),
                "statement_timeout": _milliseconds(statement_timeout),
                "idle_in_transaction_session_timeout": "0",
                "row_security": "off",
            },
        },
    )


def client_arguments(settings: DatabaseSettings, database: str | None = None) -> tuple[str, ...]:
    """Return how PostgreSQL's own programs find ``database`` (``DB_NAME`` unless given)."""
    return (
        *("--host", str(settings.host), "--port", str(settings.port)),
        *("--username", settings.user, "--dbname", database or settings.name, "--no-password"),
    )


def client_environment(settings: DatabaseSettings) -> dict[str, str]:
    """Return an environment in which no ``PG*`` variable leads those programs elsewhere; raises OSError."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PG") or name.startswith("PGSSL") or name == "PGPASSFILE"
    }
    password = settings.read_password()
    if password:
        environment["PGPASSWORD"] = password
    return {**environment, "PGCONNECT_TIMEOUT": str(_CONNECT_TIMEOUT)}


def _milliseconds(time: timedelta) -> str:
    return str(max(1, int(time.total_seconds() * 1000)))
