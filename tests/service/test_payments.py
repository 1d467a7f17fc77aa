"""Payments and refunds as a merchant sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from payment_catalog.vocabulary import Currency
from payment_service.gateway import decimal_amount

if TYPE_CHECKING:
    from conftest import Service

Play = Callable[..., None]


def test_a_payment_is_charged_and_can_be_read(play: Play) -> None:
    async def scenario(service: Service) -> None:
        created = await service.pay(1050)
        assert created.status_code == 201
        payment = created.json()
        assert (payment["amount_minor"], payment["status"]) == (1050, "succeeded")
        assert datetime.fromisoformat(payment["created_at"]).tzinfo == UTC
        assert (await service.caller.get(f"/payments/{payment['id']}")).json() == payment
        assert await service.value("payments_total", method="card", status="succeeded") == 1

    play(scenario)


def test_payments_are_listed_page_by_page(play: Play) -> None:
    async def scenario(service: Service) -> None:
        made = [(await service.pay()).json()["id"] for _ in range(5)]
        listed: list[str] = []
        cursor = None
        while True:
            parameters = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await service.caller.get("/payments", params=parameters)).json()
            listed += [payment["id"] for payment in page["payments"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert listed == made[::-1]

    play(scenario)


def test_the_same_key_and_body_charge_once(play: Play) -> None:
    async def scenario(service: Service) -> None:
        answers = await asyncio.gather(*(service.pay(**{"Idempotency-Key": "k"}) for _ in range(8)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        identifiers = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        assert len(identifiers) == 1
        assert (await service.pay(**{"Idempotency-Key": "k"})).json()["id"] in identifiers
        assert await service.value("fiuu_requests_total", operation="charge", outcome="accepted") == 1

    play(scenario)


def test_the_same_key_with_another_body_is_refused(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.pay(1000, **{"Idempotency-Key": "k"})
        refused = await service.pay(2000, **{"Idempotency-Key": "k"})
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"

    play(scenario)


@pytest.mark.parametrize(
    "body",
    [
        {"amount_minor": 10.5, "currency": "MYR", "method": "card"},
        {"amount_minor": 0, "currency": "MYR", "method": "card"},
        {"amount_minor": 10**30, "currency": "MYR", "method": "card"},
        {"amount_minor": 1, "currency": "XXX", "method": "card"},
        {"amount_minor": 1, "currency": "MYR", "method": "card", "card_token": "4111111111111111"},
        {"amount_minor": 1, "currency": "MYR", "method": "card", "card_number": "4111111111111111"},
    ],
)
def test_what_is_not_valid_is_refused_without_an_echo(play: Play, body: dict[str, object]) -> None:
    async def scenario(service: Service) -> None:
        refused = await service.caller.post("/payments", json=body)
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert "4111" not in refused.text

    play(scenario)


def test_a_declined_payment_failed_with_its_reason(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.turn(decline_rate=1)
        payment = (await service.pay()).json()
        assert payment["status"] == "failed"
        assert await service.value("payment_failures_total", reason=payment["failure_reason"]) == 1
        assert await service.value("fiuu_circuit_breaker_state") == 0

    play(scenario)


def test_the_breaker_opens_when_the_gateway_fails_and_spares_it(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.turn(error_rate=1)
        codes = [(await service.pay()).status_code for _ in range(8)]
        assert codes == [502] * 5 + [503] * 3
        assert await service.value("fiuu_circuit_breaker_state") == 1
        assert await service.value("fiuu_requests_total", operation="charge", outcome="circuit_open") == 3

    play(scenario)


def test_the_breaker_closes_when_the_gateway_is_back(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_service.gateway.BREAKER_SECONDS", 0.01)

    async def scenario(service: Service) -> None:
        await service.turn(error_rate=1)
        for _ in range(5):
            await service.pay()
        assert await service.value("fiuu_circuit_breaker_state") == 1
        await service.turn(error_rate=0)
        await asyncio.sleep(0.02)
        assert (await service.pay()).status_code == 201
        assert await service.value("fiuu_circuit_breaker_state") == 0

    play(scenario)


def test_refunds_at_the_same_time_never_exceed_the_amount(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(1000)).json()["id"]
        answers = await asyncio.gather(
            *(service.caller.post(f"/payments/{payment}/refunds", json={"amount_minor": 300}) for _ in range(8))
        )
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
        assert (await service.caller.get(f"/payments/{payment}")).json()["refunded_minor"] == 900
        rest = await service.caller.post(f"/payments/{payment}/refunds", json={})
        assert rest.json()["amount_minor"] == 100

    play(scenario)


def test_a_refund_that_the_gateway_refuses_can_be_tried_again(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(1000)).json()["id"]
        await service.turn(error_rate=1)
        assert (await service.caller.post(f"/payments/{payment}/refunds", json={})).status_code == 502
        await service.turn(error_rate=0)
        assert (await service.caller.post(f"/payments/{payment}/refunds", json={})).status_code == 201
        assert await service.value("refunds_total", status="failed") == 1

    play(scenario)


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
    assert decimal_amount(minor, currency) == text
