"""The client of Fiuu: time-outs, retries where they are safe, a circuit breaker around everything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx
import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from payment_catalog.vocabulary import BreakerState, FailureReason, GatewayOperation, GatewayOutcome
from payment_service.gateway import messages
from payment_service.gateway.messages import Answer, Call, MessageError, Money, SignatureError, Standing
from payment_service.instrumentation.trace import outgoing_headers
from payment_service.settings import GATEWAY_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_catalog.vocabulary import PaymentMethod
    from payment_service.metrics import ServiceMetrics
    from payment_service.security.events import SecurityEvents
    from payment_service.settings import ServiceSettings

#: Failures in a row until the breaker opens, and seconds until it tries again.
BREAKER_THRESHOLD = 5
BREAKER_SECONDS = 15.0

_CONNECT_SECONDS = 2.0
_MOST_CONNECTIONS = 100
#: Shorter than what servers usually have, so that no request meets a connection that is being closed.
_IDLE_SECONDS = 3.0
_SERVER_ERROR = 500

#: A request that was never sent may be sent again, whatever it asks for.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_STATES = {
    "closed": BreakerState.CLOSED,
    "opened": BreakerState.OPEN,
    "half-opened": BreakerState.HALF_OPEN,
}

log = structlog.get_logger()


class _GatewayFailedError(Exception):
    """The gateway failed, rather than refused: what the breaker counts."""


#: A question moves no money: it may be asked again after any failure.
_FAILURES = (httpx.HTTPError, _GatewayFailedError)

_OUTCOMES = {Standing.FAILED: GatewayOutcome.DECLINED, Standing.PENDING: GatewayOutcome.PENDING}
_END_AUTHORIZATION = frozenset({GatewayOperation.CAPTURE, GatewayOperation.CANCEL})
_REASONS = {
    GatewayOutcome.TIMEOUT: FailureReason.GATEWAY_TIMEOUT,
    GatewayOutcome.CIRCUIT_OPEN: FailureReason.CIRCUIT_OPEN,
}


@dataclass(frozen=True, slots=True)
class GatewayResult:
    """How a request to the gateway ended, and what it answered where it did."""

    outcome: GatewayOutcome
    answer: Answer | None = None

    @property
    def reason(self) -> FailureReason:
        """Why the payment failed, where this is how it ended."""
        if self.answer is not None and self.answer.reason is not None:
            return self.answer.reason
        return _REASONS.get(self.outcome, FailureReason.GATEWAY_ERROR)


class Gateway:
    """Client of the Fiuu API. No method raises for a gateway that fails: the outcome says it."""

    def __init__(
        self,
        settings: ServiceSettings,
        metrics: ServiceMetrics,
        events: SecurityEvents,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.account = settings.read_credentials()
        self._metrics = metrics
        self._events = events
        self._timeout = settings.fiuu_timeout_seconds
        self._callback_url = str(settings.fiuu_callback_url) if settings.fiuu_callback_url else None
        self._client = httpx.AsyncClient(
            base_url=str(settings.fiuu_base_url),
            timeout=httpx.Timeout(self._timeout, connect=min(_CONNECT_SECONDS, self._timeout)),
            limits=httpx.Limits(max_connections=_MOST_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS),
            transport=transport,
            trust_env=False,
        )
        self._breakers = AsyncCircuitBreakerFactory(default_threshold=BREAKER_THRESHOLD, default_ttl=BREAKER_SECONDS)
        self.breaker_state = BreakerState.CLOSED
        metrics.breaker_state.set(self.breaker_state.value_on_metrics)

    async def charge(
        self, order: str, money: Money, method: PaymentMethod, *, capture: bool, card_token: str | None = None
    ) -> GatewayResult:
        """Charge a payment, or only authorize it."""
        call = messages.charge(
            self.account,
            order,
            money,
            method,
            capture=capture,
            card_token=card_token,
            callback_url=self._callback_url,
        )
        return await self._request(call, lambda body: messages.read_payment(self.account, order, money, body))

    async def capture(self, reference: str, money: Money) -> GatewayResult:
        """Take the money of an authorized payment."""
        call = messages.capture(self.account, reference, money)
        return await self._request(
            call, lambda body: messages.read_operation(self.account, reference, Standing.CAPTURED, body)
        )

    async def cancel(self, reference: str) -> GatewayResult:
        """Release the money of an authorized payment."""
        call = messages.cancel(self.account, reference)
        return await self._request(
            call, lambda body: messages.read_operation(self.account, reference, Standing.CANCELLED, body)
        )

    async def refund(self, refund_id: str, reference: str, money: Money) -> GatewayResult:
        """Refund (a part of) the payment that the gateway calls ``reference``."""
        call = messages.refund(self.account, refund_id, reference, money)
        return await self._request(call, lambda body: messages.read_refund(self.account, refund_id, body))

    async def query_payment(self, order: str, money: Money) -> GatewayResult:
        """Ask where a payment stands."""
        call = messages.query_payment(self.account, order, money)
        return await self._request(call, lambda body: messages.read_payment(self.account, order, money, body))

    async def query_refund(self, refund_id: str) -> GatewayResult:
        """Ask where a refund stands."""
        call = messages.query_refund(self.account, refund_id)
        return await self._request(call, lambda body: messages.read_refund_query(refund_id, body))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _request(self, call: Call, read: Callable[[Any], Answer]) -> GatewayResult:
        try:
            answer = read(await self._through_breaker(call))
            result = _result(call.operation, answer)
        except OpenedState as error:
            # The library raises one and the same object, whose traceback would grow with each request.
            error.__traceback__ = None
            result = GatewayResult(GatewayOutcome.CIRCUIT_OPEN)
        except _NOT_SENT:
            result = GatewayResult(GatewayOutcome.UNREACHABLE)
        except httpx.TimeoutException:
            result = GatewayResult(GatewayOutcome.TIMEOUT)
        except SignatureError:
            self._events.signature_failure("gateway answer")
            result = GatewayResult(GatewayOutcome.BAD_SIGNATURE)
        except (httpx.HTTPError, _GatewayFailedError, MessageError):
            result = GatewayResult(GatewayOutcome.ERROR)
        self._metrics.gateway_requests.labels(call.operation, result.outcome).inc()
        return result

    async def _through_breaker(self, call: Call) -> Any:
        breaker = await self._breakers.get_breaker("fiuu")
        try:
            async with breaker:
                self._show_breaker(_STATES[breaker.context.state])
                return await self._send_with_retries(call)
        finally:
            self._show_breaker(_STATES[breaker.context.state])

    def _show_breaker(self, state: BreakerState) -> None:
        if state is not self.breaker_state:
            self.breaker_state = state
            self._metrics.breaker_state.set(state.value_on_metrics)
            log.warning("circuit breaker changed", state=state)

    async def _send_with_retries(self, call: Call) -> Any:
        retryable = _FAILURES if call.operation is GatewayOperation.QUERY else _NOT_SENT
        retrying = AsyncRetrying(
            stop=stop_after_attempt(GATEWAY_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception_type(retryable),
            before_sleep=lambda state: self._retried(call, state),
            reraise=True,
        )
        return await retrying(self._send, call)

    def _retried(self, call: Call, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._metrics.gateway_retries.labels(call.operation).inc()
        log.info("gateway is asked again", operation=call.operation, reason=type(error).__name__)

    async def _send(self, call: Call) -> Any:
        started = perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(call.path, data=dict(call.form), headers=outgoing_headers())
        except TimeoutError:
            raise httpx.ReadTimeout("the whole answer did not arrive in time") from None
        finally:
            self._metrics.gateway_duration.labels(call.operation).observe(perf_counter() - started)
        if response.status_code >= _SERVER_ERROR:
            raise _GatewayFailedError
        try:
            return response.json()
        except ValueError:
            raise _GatewayFailedError from None


def _result(operation: GatewayOperation, answer: Answer) -> GatewayResult:
    if operation is GatewayOperation.QUERY:
        return GatewayResult(GatewayOutcome.ACCEPTED, answer)
    if answer.standing is Standing.ABSENT:
        return GatewayResult(GatewayOutcome.ERROR)
    refused = operation in _END_AUTHORIZATION and answer.standing is Standing.AUTHORIZED
    outcome = _OUTCOMES.get(answer.standing, GatewayOutcome.ACCEPTED)
    return GatewayResult(GatewayOutcome.DECLINED if refused else outcome, answer)
