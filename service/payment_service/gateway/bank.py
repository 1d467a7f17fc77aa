"""The simulated gateway's own books: what it charged, captured, cancelled and refunded."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from payment_service.gateway.messages import FAILURE, PENDING, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Transaction:
    """A charge. ``code`` and ``name`` are Fiuu's StatCode and StatName."""

    reference: str
    order: str
    amount: str
    currency: str
    channel: str
    code: str
    name: str
    error: str = ""
    refunds: dict[str, str] = field(default_factory=dict)


class Bank:
    """Transactions by their number. A second charge of the same order is a second transaction."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._transactions: dict[str, Transaction] = {}
        self._latest: dict[str, Transaction] = {}
        self._refunds: set[str] = set()

    def charge(self, form: dict[str, str], code: str, error: str = "") -> Transaction:
        """Book a charge that ended with ``code``."""
        captured = "captured" if form["TxnType"] == "SALS" else "authorized"
        name = {SUCCESS: captured, FAILURE: "failed", PENDING: "pending"}[code]
        transaction = Transaction(
            reference=str(next(self._numbers)),
            order=form["ReferenceNo"],
            amount=form["TxnAmount"],
            currency=form["TxnCurrency"],
            channel=form["TxnChannel"],
            code=code,
            name=name,
            error=error,
        )
        self._transactions[transaction.reference] = transaction
        self._latest[transaction.order] = transaction
        return transaction

    def settle(self, transaction: Transaction, code: str, error: str = "") -> None:
        """End a pending charge."""
        transaction.code, transaction.error = code, error
        transaction.name = "captured" if code == SUCCESS else "failed"

    def by_order(self, order: str) -> Transaction | None:
        """Return the newest transaction of an order."""
        return self._latest.get(order)

    def change(self, reference: str, wanted: str) -> bool:
        """Turn an authorized transaction into ``captured`` or ``cancelled``; say whether that is its state now."""
        transaction = self._transactions.get(reference)
        if transaction is None or transaction.name not in {"authorized", wanted}:
            return False
        transaction.name = wanted
        transaction.code = SUCCESS if wanted == "captured" else FAILURE
        return True

    def refund(self, reference: str, refund_id: str, amount: str) -> bool:
        """Book a refund; the same one again is not booked twice."""
        transaction = self._transactions.get(reference)
        if transaction is None or transaction.name != "captured":
            return False
        transaction.refunds[refund_id] = amount
        self._refunds.add(refund_id)
        return True

    def has_refund(self, refund_id: str) -> bool:
        """Return whether a refund is booked."""
        return refund_id in self._refunds

    def ledger(self) -> Iterator[dict[str, Any]]:
        """Yield every transaction, the oldest first."""
        return map(asdict, self._transactions.values())
