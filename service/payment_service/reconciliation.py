"""Finds out what became of operations whose outcome is unknown: after a time-out, a crash, a lost callback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from payment_catalog.vocabulary import Currency, GatewayOperation, ReconciliationResult
from payment_service.background import pause
from payment_service.gateway.messages import Money, Standing
from payment_service.ledger.attempts import backlog, claim_attempts
from payment_service.ledger.database import UNAVAILABLE
from payment_service.ledger.payments import payment_by_id
from payment_service.ledger.resolution import (
    payment_absent,
    payment_change,
    payment_found,
    refund_absent,
    refund_change,
)

if TYPE_CHECKING:
    import asyncio
    from datetime import timedelta

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_service.gateway.client import Gateway, GatewayResult
    from payment_service.ledger.attempts import OpenAttempt
    from payment_service.metrics import ServiceMetrics
    from payment_service.settlement import Settlement

#: Seconds between two rounds, and how many operations one of them asks about.
ROUND_SECONDS = 2.0
ROUND_SIZE = 50

log = structlog.get_logger()


class Reconciler:
    """Asks the gateway about open attempts that are due. Several may run beside each other."""

    def __init__(
        self,
        engine: AsyncEngine,
        gateway: Gateway,
        settlement: Settlement,
        metrics: ServiceMetrics,
        settle_after: timedelta,
    ) -> None:
        self._engine = engine
        self._gateway = gateway
        self._settlement = settlement
        self._metrics = metrics
        self._settle_after = settle_after

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; a database that is away is waited for."""
        while not stop.is_set():
            try:
                worked = await self.round(stop)
            except UNAVAILABLE as error:
                log.error("reconciliation waits for the database", reason=type(error).__name__)  # noqa: TRY400
                worked = 0
            if worked < ROUND_SIZE:
                await pause(stop, ROUND_SECONDS)

    async def round(self, stop: asyncio.Event) -> int:
        """Ask about what is due, and return how many operations that were; end early on ``stop``."""
        attempts = await claim_attempts(self._engine, ROUND_SIZE)
        for attempt in attempts:
            if stop.is_set():
                break
            result = await self._resolve(attempt)
            self._metrics.reconciliations.labels(result).inc()
        await self._show_backlog()
        return len(attempts)

    async def _show_backlog(self) -> None:
        waiting = await backlog(self._engine)
        age = (datetime.now(UTC) - waiting.oldest).total_seconds() if waiting.oldest else 0.0
        self._metrics.unresolved.set(waiting.length)
        self._metrics.unresolved_age.set(max(0.0, age))

    async def _resolve(self, attempt: OpenAttempt) -> ReconciliationResult:
        if attempt.operation is GatewayOperation.REFUND:
            return await self._resolve_refund(attempt)
        payment = await payment_by_id(self._engine, attempt.payment_id)
        assert payment is not None  # noqa: S101 - a foreign key holds it
        money = Money(payment["amount_minor"], Currency(payment["currency"]))
        result = await self._gateway.query_payment(attempt.payment_id, money)
        return await self._resolve_payment(attempt, payment, result)

    async def _resolve_payment(
        self, attempt: OpenAttempt, payment: RowMapping, result: GatewayResult
    ) -> ReconciliationResult:
        answer, age = result.answer, datetime.now(UTC) - attempt.created_at
        if answer is None:
            return ReconciliationResult.UNAVAILABLE
        if not answer.matches:
            log.error("gateway has another amount", payment_id=payment["id"], operation=attempt.operation)
            return ReconciliationResult.MISMATCH
        if answer.standing is Standing.ABSENT:
            change = payment_absent(attempt.outcome, age, self._settle_after)
        elif payment_found(attempt.operation, answer.standing, age, self._settle_after):
            change = payment_change(attempt.operation, result)
        else:
            return ReconciliationResult.UNKNOWN
        if not change.resolved:
            return ReconciliationResult.UNKNOWN
        await self._settlement.payment(attempt.id, attempt.payment_id, change, None)
        return ReconciliationResult.SETTLED

    async def _resolve_refund(self, attempt: OpenAttempt) -> ReconciliationResult:
        result = await self._gateway.query_refund(attempt.id)
        if result.answer is None:
            return ReconciliationResult.UNAVAILABLE
        if result.answer.standing is Standing.ABSENT:
            change = refund_absent(datetime.now(UTC) - attempt.created_at, self._settle_after)
        else:
            change = refund_change(result)
        if not change.resolved:
            return ReconciliationResult.UNKNOWN
        await self._settlement.refund(attempt.id, change, None)
        return ReconciliationResult.SETTLED
