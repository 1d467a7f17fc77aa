"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime


def as_utc(moment: datetime) -> datetime:
    """Return ``moment`` in UTC, which one without a zone is meant in."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_utc(text: str) -> datetime:
    """Return the time that ISO 8601's ``text`` means, in UTC; raises ValueError."""
    return as_utc(datetime.fromisoformat(text))
