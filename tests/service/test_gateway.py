"""The gateway's messages as Fiuu documents them, and when they are sent again."""

from __future__ import annotations

import asyncio
from hashlib import md5
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from payment_catalog.vocabulary import BreakerState, Currency, GatewayOutcome, PaymentMethod
from payment_service.gateway import messages
from payment_service.gateway.client import BREAKER_THRESHOLD, Gateway
from payment_service.gateway.messages import Credentials, Money, SignatureError, Standing
from payment_service.gateway.simulator import Knobs, create_simulator
from payment_service.metrics import ServiceMetrics
from payment_service.security.events import SecurityEvents
from payment_service.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = Credentials("SB_shop", "verify-key", "secret-key")
TEN = Money(1000, Currency.MYR)


def digest(*parts: str) -> str:
    return md5("".join(parts).encode()).hexdigest()


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1050, Currency.MYR, "10.50"),
        (5, Currency.USD, "0.05"),
        (1050, Currency.JPY, "1050"),
        (10**12, Currency.MYR, "10000000000.00"),
    ],
)
def test_amounts_reach_the_gateway_exactly(minor: int, currency: Currency, text: str) -> None:
    assert str(Money(minor, currency)) == text


def test_requests_are_signed_as_documented() -> None:
    charge = messages.charge(ACCOUNT, "order", TEN, PaymentMethod.FPX, capture=True)
    assert charge.form["Signature"] == digest("10.00", "SB_shop", "order", "verify-key")
    capture = messages.capture(ACCOUNT, "42", TEN)
    assert capture.form["skey"] == digest("42", "10.00", "SB_shop", "verify-key")
    cancel = messages.cancel(ACCOUNT, "42")
    assert cancel.form["skey"] == digest("42", "SB_shop", "secret-key")
    refund = messages.refund(ACCOUNT, "ref", "42", TEN)
    assert refund.form["Signature"] == digest("P", "SB_shop", "ref", "42", "10.00", "secret-key")
    query = messages.query_payment(ACCOUNT, "order", TEN)
    assert query.form["skey"] == digest("order", "SB_shop", "verify-key", "10.00")


def answered(**changes: str) -> dict[str, str]:
    fields = {"TranID": "42", "Amount": "10.00", "Currency": "MYR", "StatCode": "00", "StatName": "captured", **changes}
    signature = digest(fields["Amount"], "secret-key", "SB_shop", "order", fields["StatCode"])
    return {**fields, "VrfKey": changes.get("VrfKey", signature)}


@pytest.mark.parametrize(
    ("changes", "standing", "matches"),
    [
        ({}, Standing.CAPTURED, True),
        ({"StatName": "authorized"}, Standing.AUTHORIZED, True),
        ({"StatCode": "11", "StatName": "failed"}, Standing.FAILED, True),
        ({"StatCode": "11", "StatName": "cancelled"}, Standing.CANCELLED, True),
        ({"StatCode": "22"}, Standing.PENDING, True),
        ({"Amount": "99.00"}, Standing.CAPTURED, False),
        ({"TranID": ""}, Standing.ABSENT, True),
    ],
)
def test_an_answer_says_where_a_payment_stands(changes: dict[str, str], standing: Standing, matches: bool) -> None:
    answer = messages.read_payment(ACCOUNT, "order", TEN, answered(**changes))
    assert (answer.standing, answer.matches) == (standing, matches)


@pytest.mark.parametrize("signature", ["", "0" * 32, "é"])
def test_an_answer_with_a_wrong_signature_is_not_believed(signature: str) -> None:
    with pytest.raises(SignatureError):
        messages.read_payment(ACCOUNT, "order", TEN, answered(VrfKey=signature))


class Peer:
    """A gateway that does as told and remembers what it was sent."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


def gateway(peer: Callable[[httpx.Request], Any], **settings: Any) -> Gateway:
    values = {
        "fiuu_base_url": "http://gateway",
        "fiuu_merchant_id": "SB_shop",
        "fiuu_verify_key": "verify-key",
        "fiuu_secret_key": "secret-key",
        **settings,
    }
    metrics = ServiceMetrics(CollectorRegistry())
    return Gateway(ServiceSettings(**values), metrics, SecurityEvents(metrics), httpx.MockTransport(peer))


def fails(error: type[Exception]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("no")

    return answer


@pytest.mark.parametrize(
    ("answer", "outcome", "charges", "queries"),
    [
        (fails(httpx.ConnectError), GatewayOutcome.UNREACHABLE, 3, 3),
        (fails(httpx.ReadTimeout), GatewayOutcome.TIMEOUT, 1, 3),
        (fails(httpx.ReadError), GatewayOutcome.ERROR, 1, 3),
        (lambda request: httpx.Response(500), GatewayOutcome.ERROR, 1, 3),
        (lambda request: httpx.Response(200, text="no json"), GatewayOutcome.ERROR, 1, 3),
        (lambda request: httpx.Response(200, json=[1]), GatewayOutcome.ERROR, 1, 1),
    ],
)
def test_only_what_is_safe_is_sent_again(
    answer: Callable[[httpx.Request], httpx.Response], outcome: GatewayOutcome, charges: int, queries: int
) -> None:
    async def run() -> None:
        peer = Peer(answer)
        client = gateway(peer)
        result = await client.charge("order", TEN, PaymentMethod.CARD, capture=True)
        assert (result.outcome, len(peer.requests)) == (outcome, charges)
        peer.requests.clear()
        assert (await client.query_payment("order", TEN)).answer is None
        assert len(peer.requests) == queries
        await client.close()

    asyncio.run(run())


def test_an_answer_that_trickles_in_is_given_up() -> None:
    async def trickle(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        client = gateway(trickle, fiuu_timeout_seconds=0.05)
        result = await client.charge("order", TEN, PaymentMethod.CARD, capture=True)
        assert result.outcome is GatewayOutcome.TIMEOUT
        await client.close()

    asyncio.run(run())


def test_the_breaker_is_half_open_while_it_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_service.gateway.client.BREAKER_SECONDS", 0.01)
    states: list[BreakerState] = []
    works = False

    def answer(request: httpx.Request) -> httpx.Response:
        states.append(client.breaker_state)
        return httpx.Response(200, json=answered()) if works else httpx.Response(500)

    client = gateway(answer)

    async def run() -> None:
        nonlocal works
        for _ in range(BREAKER_THRESHOLD):
            await client.charge("order", TEN, PaymentMethod.CARD, capture=True)
        assert client.breaker_state is BreakerState.OPEN
        works = True
        await asyncio.sleep(0.02)
        result = await client.charge("order", TEN, PaymentMethod.CARD, capture=True)
        assert result.outcome is GatewayOutcome.ACCEPTED
        assert states[-1] is BreakerState.HALF_OPEN
        assert client.breaker_state is BreakerState.CLOSED
        await client.close()

    asyncio.run(run())


def test_the_simulator_says_what_a_request_lacks() -> None:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(create_simulator(ACCOUNT, Knobs(latency_ms=0)))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.post(messages.CHARGE_PATH)

    answer = asyncio.run(run())
    assert (answer.status_code, answer.text.endswith(" is missing")) == (400, True)
