"""Deletes old rows of payment_attempts, a bounded batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, select

from payment_service.ledger.tables import payment_attempts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_created, _resolved = payment_attempts.c.created_at, payment_attempts.c.resolved_at
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OldAttempts:
    """Attempts older than the retention. An unresolved one records money whose fate is unknown: it stays."""

    resolved: int
    unresolved: int


@dataclass(frozen=True, slots=True)
class Batch:
    """How many rows one transaction deleted, and the age at which the next goes on."""

    deleted: int
    newest: datetime


async def count_old(connection: AsyncConnection, before: datetime) -> OldAttempts:
    """Count the attempts created before a time."""
    statement = select(func.count(), func.count(_resolved)).where(_created < before)
    total, resolved = (await connection.execute(statement)).one()
    return OldAttempts(resolved, total - resolved)


async def delete_batch(connection: AsyncConnection, after: datetime, before: datetime, most: int) -> Batch:
    """Delete at most ``most`` resolved attempts created from ``after`` until ``before``, the oldest first.

    It walks the index on ``created_at`` from where the last batch ended, so that it does not read dead
    entries again, and passes over rows that somebody has locked.
    """
    doomed = (
        select(payment_attempts.c.id)
        .where(_created >= after, _created < before, _is_resolved())
        .order_by(_created)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("doomed")
    )
    statement = delete(payment_attempts).where(payment_attempts.c.id.in_(select(doomed.c.id))).returning(_created)
    times = (await connection.execute(statement)).scalars().all()
    newest = max(times, default=before)
    return Batch(len(times), newest if newest.tzinfo else newest.replace(tzinfo=UTC))


def _is_resolved() -> ColumnElement[bool]:
    return _resolved.is_not(None)
