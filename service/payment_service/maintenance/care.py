"""The weekly care of the database: retention, indexes, statistics. It can be interrupted anywhere and run again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from payment_service.maintenance import retention
from payment_service.maintenance.care_connection import MaintenanceError, alone, open_connection
from payment_service.maintenance.failures import explained, is_locked, reason
from payment_service.maintenance.indexes import TABLES, Index, drop_leftover, list_indexes, rebuild
from payment_service.maintenance.progress import Progress, silent
from payment_service.maintenance.running import run_to_end, within

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from payment_catalog.database_settings import DatabaseSettings

SHORTEST_RETENTION = timedelta(days=1)
_SAY_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """How to care: ``batch_rows`` are deleted a transaction, with ``batch_pause`` between.

    ``lock_timeout`` bounds each wait for a lock, so that nothing of the service queues up behind it.
    """

    retention: timedelta = timedelta(days=90)
    batch_rows: int = 1000
    batch_pause: timedelta = timedelta(milliseconds=100)
    lock_timeout: timedelta = timedelta(seconds=2)
    time_limit: timedelta = timedelta(hours=4)
    dry_run: bool = False


@dataclass(slots=True)
class MaintenanceResult:
    """What was done. ``findings`` say what a lock prevented; the next run makes up for it."""

    attempts_deleted: int = 0
    attempts_unresolved: int = 0
    leftovers_dropped: int = 0
    indexes_rebuilt: int = 0
    tables_analyzed: int = 0
    findings: list[str] = field(default_factory=list)


def maintain(settings: DatabaseSettings, plan: MaintenancePlan, progress: Progress = silent) -> MaintenanceResult:
    """Care for the database, one run at a time; a dry run says what would be done and changes nothing.

    Raises MaintenanceError, TerminatedError or KeyboardInterrupt; what was finished until then stays done.
    """
    if plan.retention < SHORTEST_RETENTION:
        raise MaintenanceError(f"the retention of payment_attempts is {plan.retention}; at least a day is allowed")
    if plan.batch_rows < 1:
        raise MaintenanceError(f"a batch has {plan.batch_rows} rows; at least 1 is allowed")
    with explained(MaintenanceError, "maintain"):
        return run_to_end(_maintain(settings, plan, progress))


async def _maintain(settings: DatabaseSettings, plan: MaintenancePlan, progress: Progress) -> MaintenanceResult:
    async with (
        within(plan.time_limit),
        open_connection(settings, lock_timeout=plan.lock_timeout, statement_timeout=plan.time_limit) as connection,
    ):
        run = _Run(connection, plan, progress)
        if plan.dry_run:
            await run.say()
            return run.result
        async with alone(settings, connection):
            await run.drop_leftovers()
            await run.step("payment_attempts", run.delete_attempts())
            await run.rebuild_indexes()
            await run.drop_leftovers()
            await run.analyze()
        return run.result


class _Run:
    def __init__(self, connection: AsyncConnection, plan: MaintenancePlan, progress: Progress) -> None:
        self._connection = connection
        self._plan = plan
        self._progress = progress
        self._before = datetime.now(UTC) - plan.retention
        self.result = MaintenanceResult()

    async def say(self) -> None:
        """Say what would be done."""
        old = await retention.count_old(self._connection, self._before)
        self._progress(f"would delete {old.resolved} payment_attempts older than {_days(self._plan.retention)}")
        self._say_unresolved(old.unresolved)
        for index in await list_indexes(self._connection):
            self._progress(f"would {'drop the leftover' if index.is_leftover else 'rebuild'} {index}")
        for table in TABLES:
            self._progress(f"would renew the statistics of {table}")

    async def drop_leftovers(self) -> None:
        """Drop what interrupted rebuilds left behind."""
        for index in await list_indexes(self._connection):
            if index.is_leftover and await self.step(str(index), self._drop(index)):
                self.result.leftovers_dropped += 1

    async def delete_attempts(self) -> str:
        """Delete old attempts and return what was done."""
        old = await retention.count_old(self._connection, self._before)
        self._say_unresolved(old.unresolved)
        after, said = retention.BEGINNING, float("-inf")
        while True:
            batch = await retention.delete_batch(self._connection, after, self._before, self._plan.batch_rows)
            self.result.attempts_deleted += batch.deleted
            if batch.deleted < self._plan.batch_rows:
                return f"{self.result.attempts_deleted} older than {_days(self._plan.retention)} deleted"
            after = batch.newest
            if time.monotonic() - said >= _SAY_EVERY:
                said = time.monotonic()
                self._progress(f"payment_attempts: {self.result.attempts_deleted} of {old.resolved} deleted")
            await asyncio.sleep(self._plan.batch_pause.total_seconds())

    async def rebuild_indexes(self) -> None:
        """Rebuild each index that is not a leftover."""
        for index in await list_indexes(self._connection):
            if not index.is_leftover and await self.step(str(index), self._rebuild(index)):
                self.result.indexes_rebuilt += 1

    async def analyze(self) -> None:
        """Renew the planner's statistics of each table."""
        for table in TABLES:
            if await self.step(f"statistics of {table}", self._analyze(table)):
                self.result.tables_analyzed += 1

    async def step(self, subject: str, work: Awaitable[str]) -> bool:
        """Await one piece of work and say what it did and how long it took; a lock in its way is a finding."""
        began = time.monotonic()
        try:
            done = await work
        except DBAPIError as error:
            if not is_locked(error):
                raise
            finding = f"{subject}: left undone, somebody else holds a lock ({reason(error)})"
            self.result.findings.append(finding)
            self._progress(finding)
            return False
        self._progress(f"{subject}: {done} ({time.monotonic() - began:.1f} s)")
        return True

    async def _drop(self, index: Index) -> str:
        await drop_leftover(self._connection, index)
        return "dropped, an interrupted rebuild had left it"

    async def _rebuild(self, index: Index) -> str:
        await rebuild(self._connection, index)
        return "rebuilt"

    async def _analyze(self, table: str) -> str:
        await self._connection.exec_driver_sql(f"ANALYZE {table}")
        return "renewed"

    def _say_unresolved(self, number: int) -> None:
        self.result.attempts_unresolved = number
        if number:
            self._progress(
                f"{number} payment_attempts older than {_days(self._plan.retention)} are unresolved and kept: "
                "they record money whose fate is unknown"
            )


def _days(time: timedelta) -> str:
    return f"{time / timedelta(days=1):g} days"
