"""Fiuu's messages: the forms that are sent, the answers that are read, and the signatures of both.

The formulas are those of https://docs.fiuu.dev (payment request, direct and indirect status requery, capture,
reversal, advanced refund, refund inquiry, notification). MD5 is Fiuu's choice. The answer to a payment
request is read like that to a query by order id.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from payment_catalog.vocabulary import Currency, FailureReason, GatewayOperation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.vocabulary import PaymentMethod

CHARGE_PATH = "/RMS/API/payment/PaymentRequest"
CAPTURE_PATH = "/RMS/API/capstxn/index.php"
CANCEL_PATH = "/RMS/API/refundAPI/refund.php"
REFUND_PATH = "/RMS/API/refundAPI/index.php"
PAYMENT_QUERY_PATH = "/RMS/query/q_by_oid.php"
REFUND_QUERY_PATH = "/RMS/API/refundAPI/q_by_refID.php"

SUCCESS, FAILURE, PENDING = "00", "11", "22"
#: What a callback must be answered with, so that Fiuu does not repeat it.
CALLBACK_RECEIVED = "CBTOKEN:MPSTATOK"

_PARTIAL_REFUND = "P"
_CANCELLED = frozenset({"cancelled", "release", "released", "reqcancel"})
_REFUND_STANDINGS = {SUCCESS: "success", FAILURE: "rejected", PENDING: "pending"}


class SignatureError(Exception):
    """A message whose signature is not that of its content."""


class MessageError(Exception):
    """A message that lacks a field or holds something impossible."""


class Standing(StrEnum):
    """Where a payment or a refund stands at the gateway; ``absent``: it knows no such order."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    FAILED = "failed"
    PENDING = "pending"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The merchant's account at Fiuu."""

    merchant_id: str
    verify_key: str = field(repr=False)
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of its currency."""

    minor: int
    currency: Currency

    def __str__(self) -> str:
        """Return units of the currency with its decimals: 1050 sen are ``10.50``, 1050 yen ``1050``."""
        exponent = len(str(self.currency.minor_units)) - 1
        return str(Decimal(self.minor).scaleb(-exponent).quantize(Decimal(1).scaleb(-exponent)))


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the gateway."""

    operation: GatewayOperation
    path: str
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway says about a payment or a refund. ``matches``: it speaks of the same amount."""

    standing: Standing
    reference: str | None = None
    reason: FailureReason | None = None
    matches: bool = True


def charge(  # noqa: PLR0913 - a payment has that many parts
    account: Credentials,
    order: str,
    money: Money,
    method: PaymentMethod,
    *,
    capture: bool,
    card_token: str | None = None,
    callback_url: str | None = None,
) -> Call:
    """Return the request that charges, or only authorizes, the payment ``order``."""
    form = {
        "MerchantID": account.merchant_id,
        "ReferenceNo": order,
        "TxnType": "SALS" if capture else "AUTS",
        "TxnChannel": method.value,
        "TxnCurrency": money.currency.value,
        "TxnAmount": str(money),
        "Signature": _md5(str(money), account.merchant_id, order, account.verify_key),
    }
    optional = {"token": card_token, "CallbackURL": callback_url}
    form |= {name: value for name, value in optional.items() if value is not None}
    return Call(GatewayOperation.CHARGE, CHARGE_PATH, form)


def capture(account: Credentials, reference: str, money: Money) -> Call:
    """Return the request that captures the authorized payment which the gateway calls ``reference``."""
    form = {"domain": account.merchant_id, "txnID": reference, "amount": str(money)}
    skey = _md5(reference, str(money), account.merchant_id, account.verify_key)
    return Call(GatewayOperation.CAPTURE, CAPTURE_PATH, {**form, "skey": skey})


def cancel(account: Credentials, reference: str) -> Call:
    """Return the request that releases an authorized payment."""
    skey = _md5(reference, account.merchant_id, account.secret_key)
    form = {"domain": account.merchant_id, "txnID": reference, "skey": skey}
    return Call(GatewayOperation.CANCEL, CANCEL_PATH, form)


def refund(account: Credentials, refund_id: str, reference: str, money: Money) -> Call:
    """Return the request that refunds (a part of) a captured payment."""
    parts = (_PARTIAL_REFUND, account.merchant_id, refund_id, reference, str(money))
    form = dict(zip(("RefundType", "MerchantID", "RefID", "TxnID", "Amount"), parts, strict=True))
    return Call(GatewayOperation.REFUND, REFUND_PATH, {**form, "Signature": _md5(*parts, account.secret_key)})


def query_payment(account: Credentials, order: str, money: Money) -> Call:
    """Return the question where a payment stands."""
    skey = _md5(order, account.merchant_id, account.verify_key, str(money))
    form = {"amount": str(money), "oID": order, "domain": account.merchant_id, "type": "2", "skey": skey}
    return Call(GatewayOperation.QUERY, PAYMENT_QUERY_PATH, form)


def query_refund(account: Credentials, refund_id: str) -> Call:
    """Return the question where a refund stands."""
    signature = _md5(refund_id, account.merchant_id, account.verify_key)
    form = {"RefID": refund_id, "MerchantID": account.merchant_id, "Signature": signature}
    return Call(GatewayOperation.QUERY, REFUND_QUERY_PATH, form)


def payment_signature(account: Credentials, amount: str, order: str, code: str) -> str:
    """Return ``VrfKey`` of an answer about a payment."""
    return _md5(amount, account.secret_key, account.merchant_id, order, code)


def operation_signature(account: Credentials, reference: str, code: str) -> str:
    """Return ``VrfKey`` of the answer to a capture or a reversal."""
    return _md5(account.secret_key, account.merchant_id, reference, code)


def refund_signature(account: Credentials, fields: Mapping[str, str]) -> str:
    """Return ``Signature`` of the answer to a refund."""
    names = ("RefundType", "MerchantID", "RefID", "RefundID", "TxnID", "Amount", "Status")
    return _md5(*(fields[name] for name in names), account.secret_key)


def callback_signature(account: Credentials, fields: Mapping[str, str]) -> str:
    """Return ``skey`` of a callback."""
    inner = _md5(*(fields[name] for name in ("tranID", "orderid", "status", "domain", "amount", "currency")))
    return _md5(fields["paydate"], fields["domain"], inner, fields["appcode"], account.secret_key)


def read_payment(account: Credentials, order: str, money: Money, answer: Any) -> Answer:
    """Read the answer to a charge or a payment query; raises SignatureError or MessageError."""
    fields = _fields(answer)
    if not fields.get("TranID"):
        return Answer(Standing.ABSENT)
    amount, code = _need(fields, "Amount"), _need(fields, "StatCode")
    _verify(payment_signature(account, amount, order, code), fields.get("VrfKey", ""))
    standing = payment_standing(code, fields.get("StatName", ""))
    reason = _reason(fields.get("ErrorCode", "")) if standing is Standing.FAILED else None
    matches = amount == str(money) and fields.get("Currency", money.currency) == money.currency
    return Answer(standing, fields["TranID"], reason, matches)


def read_operation(account: Credentials, reference: str, success: Standing, answer: Any) -> Answer:
    """Read the answer to a capture or a reversal; ``success`` is what the payment has then become."""
    fields = _fields(answer)
    code = _need(fields, "StatCode")
    _verify(operation_signature(account, reference, code), fields.get("VrfKey", ""))
    standing = {SUCCESS: success, PENDING: Standing.PENDING}.get(code, Standing.AUTHORIZED)
    return Answer(standing, reference)


def read_refund(account: Credentials, refund_id: str, answer: Any) -> Answer:
    """Read the answer to a refund."""
    fields = _fields(answer)
    if "Signature" not in fields and "error_code" in fields:
        return Answer(Standing.FAILED)
    for name in ("RefundType", "MerchantID", "RefID", "RefundID", "TxnID", "Amount", "Status"):
        _need(fields, name)
    if fields["RefID"] != refund_id:
        raise MessageError("RefID is another refund's")
    _verify(refund_signature(account, fields), fields.get("Signature", ""))
    return Answer(_refund_standing(_REFUND_STANDINGS.get(fields["Status"], "")), fields["RefundID"])


def read_refund_query(refund_id: str, answer: Any) -> Answer:
    """Read the answer to a refund query: a list of refunds, which Fiuu does not sign."""
    entries = answer if isinstance(answer, list) else []
    for entry in entries:
        fields = _fields(entry)
        if fields.get("RefID") == refund_id:
            return Answer(_refund_standing(fields.get("Status", "").lower()), fields.get("RefundID"))
    return Answer(Standing.ABSENT)


def read_callback(account: Credentials, fields: Mapping[str, str], money: Money) -> Answer:
    """Read a callback whose signature was verified."""
    standing = payment_standing(fields["status"], fields.get("StatName", ""))
    reason = _reason(fields.get("error_code", "")) if standing is Standing.FAILED else None
    matches = (fields["amount"], fields["currency"]) == (str(money), money.currency)
    return Answer(standing, fields["tranID"], reason, matches and fields["domain"] == account.merchant_id)


def verify_callback(account: Credentials, fields: Mapping[str, str]) -> None:
    """Raise SignatureError for a callback that Fiuu has not signed."""
    _verify(callback_signature(account, fields), fields["skey"])


def payment_standing(code: str, name: str) -> Standing:
    """Return what Fiuu's ``StatCode`` and ``StatName`` mean; raises MessageError for another code."""
    if code == SUCCESS:
        return Standing.AUTHORIZED if name.lower() == "authorized" else Standing.CAPTURED
    if code == FAILURE:
        return Standing.CANCELLED if name.lower() in _CANCELLED else Standing.FAILED
    if code == PENDING:
        return Standing.PENDING
    raise MessageError("StatCode is not one of 00, 11 and 22")


def _refund_standing(name: str) -> Standing:
    known = {"success": Standing.REFUNDED, "rejected": Standing.FAILED}
    return known.get(name, Standing.PENDING)


def _reason(code: str) -> FailureReason:
    return FailureReason.INSUFFICIENT_FUNDS if code == "INSUFFICIENT_FUNDS" else FailureReason.DECLINED


def _fields(answer: Any) -> dict[str, str]:
    if not isinstance(answer, dict):
        raise MessageError("the answer is not an object")
    return {str(name): str(value) for name, value in answer.items()}


def _need(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise MessageError(f"{name} is missing")
    return fields[name]


def _verify(expected: str, found: str) -> None:
    if not hmac.compare_digest(expected.encode(), found.encode()):
        raise SignatureError


def _md5(*parts: str) -> str:
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()
