"""The connection to the payment database, for reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import URL, Engine, create_engine

if TYPE_CHECKING:
    from payment_catalog.database_settings import DatabaseSettings


def connect(settings: DatabaseSettings, timeout: float) -> Engine:
    """Return an engine whose connections give up after ``timeout`` seconds; nothing is opened yet."""
    if not settings.is_postgresql:
        return create_engine(
            f"sqlite:///file:{settings.sqlite_path.absolute()}?mode=ro&uri=true",
            connect_args={"timeout": timeout},
        )
    milliseconds = int(timeout * 1000)
    return create_engine(
        URL.create(
            "postgresql+psycopg",
            username=settings.user,
            password=settings.read_password() or None,
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
            "application_name": "payment-exporter",
            "options": f"-c statement_timeout={milliseconds} -c default_transaction_read_only=on",
        },
    )
