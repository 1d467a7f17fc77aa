"""Times as the database gives them back."""

from __future__ import annotations

from datetime import UTC, datetime


def as_utc(time: datetime) -> datetime:
    """Return ``time`` with its zone: SQLite forgets it, and everything that is stored is UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
