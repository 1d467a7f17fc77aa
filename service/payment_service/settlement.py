"""Turns what the gateway has said into the ledger's state, and counts and logs each change exactly once.

The request itself, the gateway's callback and the worker all end here; whoever comes second changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from payment_catalog.vocabulary import FailureReason, PaymentStatus, RefundStatus
from payment_service.ledger.payments import apply_payment_change, payment_by_id
from payment_service.ledger.refunds import apply_refund_change, refund_by_id

if TYPE_CHECKING:
    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_catalog.vocabulary import GatewayOutcome
    from payment_service.ledger.resolution import PaymentChange, RefundChange
    from payment_service.metrics import ServiceMetrics

#: Failures that are ours or the gateway's, not the customer's.
_OURS = frozenset(
    {
        FailureReason.GATEWAY_ERROR,
        FailureReason.GATEWAY_TIMEOUT,
        FailureReason.CIRCUIT_OPEN,
        FailureReason.INTERRUPTED,
    }
)

_PAYMENT_EVENTS = {status: f"payment {status}" for status in PaymentStatus}
_REFUND_EVENTS = {status: f"refund {status}" for status in RefundStatus}

log = structlog.get_logger()


class Settlement:
    """Stores what became of operations at the gateway."""

    def __init__(self, engine: AsyncEngine, metrics: ServiceMetrics) -> None:
        self._engine = engine
        self._metrics = metrics

    async def payment(
        self, attempt_id: str, payment_id: str, change: PaymentChange, outcome: GatewayOutcome | None
    ) -> RowMapping:
        """Store ``change`` of a payment that exists, and return the payment as it is then."""
        changed = await apply_payment_change(self._engine, attempt_id, payment_id, change, outcome)
        if changed is not None:
            self._payment_changed(changed)
            return changed
        current = await payment_by_id(self._engine, payment_id)
        assert current is not None  # noqa: S101 - payments are never deleted
        if change.status is not None and change.status != current["status"]:
            log.error(
                "payment disagrees with the gateway",
                payment_id=payment_id,
                status=current["status"],
                gateway=change.status,
            )
        return current

    async def refund(self, refund_id: str, change: RefundChange, outcome: GatewayOutcome | None) -> RowMapping:
        """Store ``change`` of a refund that exists, and return the refund as it is then."""
        changed = await apply_refund_change(self._engine, refund_id, change, outcome)
        if changed is None:
            return await refund_by_id(self._engine, refund_id)
        status = RefundStatus(changed["status"])
        self._metrics.refunds.labels(status).inc()
        write = log.warning if status is RefundStatus.FAILED else log.info
        write(_REFUND_EVENTS[status], refund_id=refund_id, payment_id=changed["payment_id"])
        return changed

    def _payment_changed(self, payment: RowMapping) -> None:
        status = PaymentStatus(payment["status"])
        fields = {"payment_id": payment["id"], "method": payment["method"]}
        if status in {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED}:
            self._metrics.payments.labels(payment["method"], status).inc()
        if status is not PaymentStatus.FAILED:
            log.info(_PAYMENT_EVENTS[status], **fields)
            return
        reason = FailureReason(payment["failure_reason"])
        self._metrics.payment_failures.labels(reason).inc()
        write = log.error if reason in _OURS else log.warning
        write("payment failed", **fields, reason=reason)
