"""Attempts: one for each operation at the gateway, open until its end is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from payment_catalog.vocabulary import GatewayOperation, GatewayOutcome
from payment_service.ledger.resolution import UNKNOWN_OUTCOMES
from payment_service.ledger.tables import payment_attempts
from payment_service.ledger.times import as_utc

if TYPE_CHECKING:
    from sqlalchemy import Insert, Update
    from sqlalchemy.ext.asyncio import AsyncEngine

#: When the worker asks about an attempt again: doubling from the first to the last.
FIRST_CHECK = timedelta(seconds=2)
LAST_CHECK = timedelta(minutes=10)
#: A charge that the gateway calls pending is settled by its callback; the worker asks when that does not come.
PENDING_CHECK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt whose end is not known."""

    id: str
    payment_id: str
    operation: GatewayOperation
    outcome: GatewayOutcome | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many attempts are open, and when the oldest began."""

    length: int
    oldest: datetime | None


def new_attempt(
    attempt_id: str, payment_id: str, operation: GatewayOperation, now: datetime, check_after: timedelta
) -> Insert:
    """Return the statement that records an intent."""
    return insert(payment_attempts).values(
        id=attempt_id, payment_id=payment_id, operation=operation, created_at=now, next_check_at=now + check_after
    )


def close_attempt(attempt_id: str, outcome: GatewayOutcome | None, now: datetime, *, resolved: bool) -> Update:
    """Return the statement that records how a request ended; ``outcome`` ``None`` leaves what is recorded."""
    statement = update(payment_attempts).where(
        payment_attempts.c.id == attempt_id, payment_attempts.c.resolved_at.is_(None)
    )
    if resolved:
        return statement.values(outcome=func.coalesce(outcome, payment_attempts.c.outcome), resolved_at=now)
    if outcome is None:
        return statement.values(outcome=payment_attempts.c.outcome)
    soon = timedelta() if outcome in UNKNOWN_OUTCOMES else PENDING_CHECK
    return statement.values(outcome=outcome, next_check_at=now + soon)


async def claim_attempts(engine: AsyncEngine, most: int) -> list[OpenAttempt]:
    """Take attempts that are due, at most ``most``, and put off their next check.

    Workers beside each other do not take the same ones (``SKIP LOCKED``); one that dies leaves them due again.
    """
    now = datetime.now(UTC)
    due = (
        select(payment_attempts)
        .where(payment_attempts.c.resolved_at.is_(None), payment_attempts.c.next_check_at <= now)
        .order_by(payment_attempts.c.next_check_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    async with engine.begin() as connection:
        rows = (await connection.execute(due)).mappings().all()
        for row in rows:
            pause = min(FIRST_CHECK * 2 ** min(row["checks"], 20), LAST_CHECK)
            await connection.execute(
                update(payment_attempts)
                .where(payment_attempts.c.id == row["id"])
                .values(checks=row["checks"] + 1, next_check_at=now + pause)
            )
    return [
        OpenAttempt(
            row["id"],
            row["payment_id"],
            GatewayOperation(row["operation"]),
            GatewayOutcome(row["outcome"]) if row["outcome"] else None,
            as_utc(row["created_at"]),
        )
        for row in rows
    ]


async def backlog(engine: AsyncEngine) -> Backlog:
    """Return how much is open."""
    statement = select(func.count(), func.min(payment_attempts.c.created_at)).where(
        payment_attempts.c.resolved_at.is_(None)
    )
    async with engine.connect() as connection:
        length, oldest = (await connection.execute(statement)).one()
    return Backlog(length, as_utc(oldest) if oldest else None)
