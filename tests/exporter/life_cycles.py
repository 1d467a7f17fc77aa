"""Random life of payments and refunds, written by several connections at once."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from payment_catalog.vocabulary import Currency, FailureReason, PaymentMethod, PaymentStatus, RefundStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PENDING, AUTHORIZED = PaymentStatus.PENDING, PaymentStatus.AUTHORIZED
SUCCEEDED, FAILED, CANCELLED = PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELLED
#: Ways that a payment goes; a failure that was assumed can turn out to be a success.
PATHS = (
    (PENDING, SUCCEEDED),
    (PENDING, AUTHORIZED, SUCCEEDED),
    (PENDING, AUTHORIZED, CANCELLED),
    (PENDING, FAILED),
    (PENDING, FAILED, SUCCEEDED),
    (PENDING, FAILED, AUTHORIZED, CANCELLED),
    (PENDING, AUTHORIZED),
    (SUCCEEDED,),
    (FAILED,),
)
FINAL = frozenset({SUCCEEDED, FAILED, CANCELLED})

#: So many payments go through each step together.
BATCH = 250
WRITERS = 4

INSERT_PAYMENT = """
INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status,
  failure_reason, created_at, updated_at) VALUES (%s, 'shop', %s, '', %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_PAYMENTS = """
INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status,
  failure_reason, created_at, updated_at)
SELECT id, 'shop', key, '', amount, currency, method, status, reason, created, updated
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
  %s::timestamptz[]) AS row (id, key, amount, currency, method, status, reason, created, updated)
"""
UPDATE_PAYMENT = "UPDATE payments SET status = %s, failure_reason = %s, updated_at = %s WHERE id = %s"
UPDATE_PAYMENTS = """
UPDATE payments SET status = row.status, failure_reason = row.reason, updated_at = row.updated
FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[]) AS row (status, reason, updated, id)
WHERE payments.id = row.id
"""
INSERT_REFUND = """
INSERT INTO refunds (id, payment_id, merchant, idempotency_key, amount_minor, currency, status, created_at, updated_at)
VALUES (%s, %s, 'shop', %s, %s, %s, %s, %s, %s)
"""
UPDATE_REFUND = "UPDATE refunds SET status = %s, updated_at = %s WHERE id = %s"
#: The statement that does for many rows what the other does for one.
AT_ONCE = {INSERT_PAYMENT: INSERT_PAYMENTS, UPDATE_PAYMENT: UPDATE_PAYMENTS}


@dataclass
class LifeCycle:
    """One payment: its ``path`` through the statuses, and the statuses of its refund, where it has one."""

    id: str
    method: PaymentMethod
    currency: Currency
    amount: int
    reason: FailureReason
    path: tuple[PaymentStatus, ...]
    refund: tuple[RefundStatus, ...]


@dataclass
class Batch:
    """Payments that take their next step in one transaction."""

    cycles: list[LifeCycle]
    one_by_one: bool
    step: int = 0

    @property
    def is_over(self) -> bool:
        return self.step >= max(len(cycle.path) + len(cycle.refund) for cycle in self.cycles)


@dataclass
class Expected:
    """What a faithful count of the life cycles arrives at."""

    payments: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    revenue: Counter[str] = field(default_factory=Counter)
    refunds: Counter[tuple[str, str]] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)

    def add(self, cycle: LifeCycle) -> None:
        for status in cycle.path:
            if status in FINAL:
                self.payments[cycle.method, status, cycle.currency] += 1
            if status is FAILED:
                self.failures[cycle.reason] += 1
            if status is SUCCEEDED:
                self.revenue[cycle.currency] += cycle.amount
        for refund in cycle.refund:
            if refund is not RefundStatus.PENDING:
                self.refunds[refund, cycle.currency] += 1
            if refund is RefundStatus.SUCCEEDED:
                self.refunded[cycle.currency] += cycle.amount


def life_cycles(seed: int, number: int) -> Iterator[LifeCycle]:
    """Yield so many; the same for the same seed."""
    chance = random.Random(seed)
    endings = ((RefundStatus.PENDING, RefundStatus.SUCCEEDED), (RefundStatus.PENDING, RefundStatus.FAILED), ())
    for index in range(number):
        path = chance.choice(PATHS)
        yield LifeCycle(
            id=f"{seed}-{index}",
            method=chance.choice(list(PaymentMethod)),
            currency=chance.choice(list(Currency)),
            amount=chance.randint(1, 10**9),
            reason=chance.choice(list(FailureReason)),
            path=path,
            refund=chance.choice(endings) if path[-1] is SUCCEEDED else (),
        )


def live(database: Mapping[str, str], cycles: list[LifeCycle], seed: int) -> None:
    """Write every step of the life cycles, in the order of each and in no order among them, until all are over.

    Clocks step: the times that are written go forwards and backwards by hours. Some transactions are rolled back
    at first, and written again.
    """
    with ThreadPoolExecutor(WRITERS) as pool:
        shares = [cycles[number::WRITERS] for number in range(WRITERS)]
        for done in [pool.submit(_write, database, share, seed + n) for n, share in enumerate(shares)]:
            done.result(timeout=300)


def _write(database: Mapping[str, str], cycles: list[LifeCycle], seed: int) -> None:
    chance = random.Random(seed)
    batches = [
        Batch(cycles[start : start + BATCH], one_by_one=chance.random() < 0.2) for start in range(0, len(cycles), BATCH)
    ]
    with psycopg.connect(
        host=database["DB_HOST"], port=database["DB_PORT"], user=database["DB_USER"], dbname=database["DB_NAME"]
    ) as connection:
        while batches:
            batch = chance.choice(batches)
            if chance.random() < 0.05:
                _take_step(connection, batch, chance)
                connection.rollback()
            _take_step(connection, batch, chance)
            connection.commit()
            batch.step += 1
            if batch.is_over:
                batches.remove(batch)


def _take_step(connection: psycopg.Connection[Any], batch: Batch, chance: random.Random) -> None:
    now = datetime.now(UTC) + timedelta(minutes=chance.randint(-300, 300))
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for cycle in batch.cycles:
        for statement, row in _changes(cycle, batch.step, now):
            rows.setdefault(statement, []).append(row)
    with connection.cursor() as cursor:
        for statement, parameters in rows.items():
            whole = None if batch.one_by_one else AT_ONCE.get(statement)
            if whole is None:
                cursor.executemany(statement, parameters)
            else:
                cursor.execute(whole, [list(column) for column in zip(*parameters, strict=True)])


def _changes(cycle: LifeCycle, step: int, now: datetime) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the statement and the parameters of one step of a life cycle; none when it is over."""
    refund_step = step - len(cycle.path)
    if refund_step < 0:
        status = cycle.path[step]
        reason = cycle.reason if status is FAILED else None
        if step == 0:
            yield (
                INSERT_PAYMENT,
                (cycle.id, cycle.id, cycle.amount, cycle.currency, cycle.method, status, reason, now, now),
            )
        else:
            yield UPDATE_PAYMENT, (status, reason, now, cycle.id)
    elif refund_step < len(cycle.refund):
        status_of_refund = cycle.refund[refund_step]
        if refund_step == 0:
            yield (
                INSERT_REFUND,
                (cycle.id, cycle.id, cycle.id, cycle.amount, cycle.currency, status_of_refund, now, now),
            )
        else:
            yield UPDATE_REFUND, (status_of_refund, now, cycle.id)
