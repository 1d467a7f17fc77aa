"""The Fiuu gateway, behind a circuit breaker."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx
import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from payment_catalog.vocabulary import BreakerState, Currency, FailureReason, GatewayOperation, GatewayOutcome

if TYPE_CHECKING:
    from payment_service.metrics import ServiceMetrics
    from payment_service.settings import ServiceSettings

CHARGE_PATH = "/RMS/API/payment/PaymentRequest"
REFUND_PATH = "/RMS/API/refundAPI/index.php"
#: Failures in a row until the breaker opens, and seconds until it tries again.
BREAKER_THRESHOLD = 5
BREAKER_SECONDS = 15.0

_STATES = {
    "closed": BreakerState.CLOSED,
    "opened": BreakerState.OPEN,
    "half-opened": BreakerState.HALF_OPEN,
}
_CLIENT_ERRORS_ARE_ANSWERS = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GatewayResult:
    """How a request to the gateway ended; ``reason`` says why where it was not accepted."""

    outcome: GatewayOutcome
    reference: str | None = None
    reason: FailureReason | None = None


class _GatewayFailedError(Exception):
    """The gateway failed, rather than refused: what the breaker counts."""


class Gateway:
    """Client of the Fiuu API."""

    def __init__(
        self, settings: ServiceSettings, metrics: ServiceMetrics, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._metrics = metrics
        self._merchant = settings.fiuu_merchant_id
        self._key = settings.read_verify_key()
        self._client = httpx.AsyncClient(
            base_url=str(settings.fiuu_base_url), timeout=settings.fiuu_timeout_seconds, transport=transport
        )
        self._breakers = AsyncCircuitBreakerFactory(default_threshold=BREAKER_THRESHOLD, default_ttl=BREAKER_SECONDS)
        self._breakers.add_listener(self._breaker_changed)
        metrics.breaker_state.set(BreakerState.CLOSED.value_on_metrics)

    async def charge(self, payment_id: str, amount_minor: int, currency: Currency, method: str) -> GatewayResult:
        """Charge a payment."""
        form = self._form(payment_id, amount_minor, currency)
        return await self._request(GatewayOperation.CHARGE, CHARGE_PATH, {**form, "channel": method})

    async def refund(self, refund_id: str, reference: str, amount_minor: int, currency: Currency) -> GatewayResult:
        """Refund (a part of) the charge that ``reference`` names."""
        form = self._form(refund_id, amount_minor, currency)
        return await self._request(GatewayOperation.REFUND, REFUND_PATH, {**form, "TxnID": reference})

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _form(self, order: str, amount_minor: int, currency: Currency) -> dict[str, str]:
        amount = decimal_amount(amount_minor, currency)
        return {
            "MerchantID": self._merchant,
            "ReferenceNo": order,
            "TxnAmount": amount,
            "TxnCurrency": currency.value,
            "Signature": self._signature(order, amount),
        }

    async def _request(self, operation: GatewayOperation, path: str, form: dict[str, str]) -> GatewayResult:
        try:
            breaker = await self._breakers.get_breaker("fiuu")
            async with breaker:
                result = await self._send(operation, path, form)
        except OpenedState:
            result = GatewayResult(GatewayOutcome.CIRCUIT_OPEN, reason=FailureReason.CIRCUIT_OPEN)
        except httpx.TimeoutException:
            result = GatewayResult(GatewayOutcome.TIMEOUT, reason=FailureReason.GATEWAY_TIMEOUT)
        except (httpx.HTTPError, _GatewayFailedError):
            result = GatewayResult(GatewayOutcome.ERROR, reason=FailureReason.GATEWAY_ERROR)
        self._metrics.gateway_requests.labels(operation, result.outcome).inc()
        return result

    async def _send(self, operation: GatewayOperation, path: str, form: dict[str, str]) -> GatewayResult:
        started = perf_counter()
        try:
            response = await self._client.post(path, data=form)
        finally:
            self._metrics.gateway_duration.labels(operation).observe(perf_counter() - started)
        if response.status_code >= _CLIENT_ERRORS_ARE_ANSWERS:
            raise _GatewayFailedError
        try:
            return _parse(response.json())
        except (ValueError, KeyError, TypeError):
            raise _GatewayFailedError from None

    def _signature(self, order: str, amount: str) -> str:
        message = f"{amount}{self._merchant}{order}".encode()
        return hmac.new(self._key.encode(), message, hashlib.sha256).hexdigest()

    def _breaker_changed(self, name: str, kind: str, event: Any) -> None:
        if kind == "state_changed":
            state = _STATES[event.state]
            self._metrics.breaker_state.set(state.value_on_metrics)
            log.warning("circuit breaker changed", gateway=name, state=state)


def decimal_amount(amount_minor: int, currency: Currency) -> str:
    """Return the amount in units of the currency, with its decimals: 1050 sen are ``10.50``."""
    exponent = len(str(currency.minor_units)) - 1
    return str(Decimal(amount_minor).scaleb(-exponent).quantize(Decimal(1).scaleb(-exponent)))


def _parse(answer: Any) -> GatewayResult:
    if answer["StatCode"] == "00":
        return GatewayResult(GatewayOutcome.ACCEPTED, reference=str(answer["TxnID"]))
    reason = (
        FailureReason.INSUFFICIENT_FUNDS if answer.get("ErrorCode") == "INSUFFICIENT_FUNDS" else FailureReason.DECLINED
    )
    return GatewayResult(GatewayOutcome.DECLINED, reason=reason)
