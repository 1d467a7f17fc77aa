"""What a gateway's answer means for a payment or a refund. Pure: no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.vocabulary import FailureReason, GatewayOperation, GatewayOutcome, PaymentStatus, RefundStatus
from payment_service.gateway.messages import Standing

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_service.gateway.client import GatewayResult

#: After these it is not known whether money moved.
UNKNOWN_OUTCOMES = frozenset({GatewayOutcome.ERROR, GatewayOutcome.TIMEOUT, GatewayOutcome.BAD_SIGNATURE})

#: A failure that was concluded from the gateway's silence; evidence of a charge overturns it.
ASSUMED_REASONS = frozenset({FailureReason.GATEWAY_ERROR, FailureReason.GATEWAY_TIMEOUT, FailureReason.INTERRUPTED})

#: From which statuses a payment may become another one.
ALLOWED_FROM: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.AUTHORIZED: frozenset({PaymentStatus.PENDING}),
    PaymentStatus.SUCCEEDED: frozenset({PaymentStatus.PENDING, PaymentStatus.AUTHORIZED}),
    PaymentStatus.CANCELLED: frozenset({PaymentStatus.PENDING, PaymentStatus.AUTHORIZED}),
    PaymentStatus.FAILED: frozenset({PaymentStatus.PENDING}),
}
OVERTURNS_ASSUMED = frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.SUCCEEDED})

_STATUSES = {
    Standing.AUTHORIZED: PaymentStatus.AUTHORIZED,
    Standing.CAPTURED: PaymentStatus.SUCCEEDED,
    Standing.REFUNDED: PaymentStatus.SUCCEEDED,
    Standing.CANCELLED: PaymentStatus.CANCELLED,
    Standing.FAILED: PaymentStatus.FAILED,
}
_REFUND_STATUSES = {Standing.REFUNDED: RefundStatus.SUCCEEDED, Standing.FAILED: RefundStatus.FAILED}
_ASSUMED = {
    GatewayOutcome.TIMEOUT: FailureReason.GATEWAY_TIMEOUT,
    GatewayOutcome.ERROR: FailureReason.GATEWAY_ERROR,
    GatewayOutcome.BAD_SIGNATURE: FailureReason.GATEWAY_ERROR,
}


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """What is to be stored: a new status, or none; ``resolved`` when the operation's end is known."""

    status: PaymentStatus | None
    resolved: bool
    reason: FailureReason | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class RefundChange:
    """The same for a refund."""

    status: RefundStatus | None
    resolved: bool
    reference: str | None = None


_PAYMENT_UNKNOWN = PaymentChange(None, resolved=False)
_REFUND_UNKNOWN = RefundChange(None, resolved=False)


def payment_change(operation: GatewayOperation, result: GatewayResult) -> PaymentChange:
    """Return what the end of ``operation`` (charge, capture or cancel) makes of the payment."""
    if result.outcome in UNKNOWN_OUTCOMES:
        return _PAYMENT_UNKNOWN
    if result.answer is None:
        if operation is GatewayOperation.CHARGE:
            return PaymentChange(PaymentStatus.FAILED, resolved=True, reason=result.reason)
        return PaymentChange(None, resolved=True)
    if not result.answer.matches:
        return _PAYMENT_UNKNOWN
    status = _STATUSES.get(result.answer.standing)
    reason = result.reason if status is PaymentStatus.FAILED else None
    return PaymentChange(status, resolved=status is not None, reason=reason, reference=result.answer.reference)


def refund_change(result: GatewayResult) -> RefundChange:
    """Return what the end of a refund's request makes of the refund."""
    if result.outcome in UNKNOWN_OUTCOMES:
        return _REFUND_UNKNOWN
    if result.answer is None:
        return RefundChange(RefundStatus.FAILED, resolved=True)
    status = _REFUND_STATUSES.get(result.answer.standing)
    return RefundChange(status, resolved=status is not None, reference=result.answer.reference)


def payment_found(operation: GatewayOperation, standing: Standing, age: timedelta, settle_after: timedelta) -> bool:
    """Return whether the answer to a query ends ``operation``.

    An authorized payment ends a capture or a cancellation only when the request can no longer be under way.
    """
    waits = operation is not GatewayOperation.CHARGE and standing is Standing.AUTHORIZED
    return not waits or age >= settle_after


def payment_absent(outcome: GatewayOutcome | None, age: timedelta, settle_after: timedelta) -> PaymentChange:
    """Return what it means that the gateway knows no such charge, ``age`` after it was asked for it.

    ``outcome`` is how the request ended, ``None`` where the service ended before it could tell.
    """
    if age < settle_after:
        return _PAYMENT_UNKNOWN
    reason = _ASSUMED.get(outcome, FailureReason.INTERRUPTED) if outcome else FailureReason.INTERRUPTED
    return PaymentChange(PaymentStatus.FAILED, resolved=True, reason=reason)


def refund_absent(age: timedelta, settle_after: timedelta) -> RefundChange:
    """Return what it means that the gateway knows no such refund."""
    return _REFUND_UNKNOWN if age < settle_after else RefundChange(RefundStatus.FAILED, resolved=True)
