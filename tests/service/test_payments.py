"""Payments as a merchant sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

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
        (booked,) = await service.ledger()
        assert (booked["amount"], booked["currency"], booked["name"]) == ("10.50", "MYR", "captured")

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
        stolen = await service.other.get("/payments", params={"cursor": made[0]})
        assert stolen.status_code == 422

    play(scenario)


def test_the_same_key_and_body_charge_once(play: Play) -> None:
    async def scenario(service: Service) -> None:
        answers = await asyncio.gather(*(service.pay(**{"Idempotency-Key": "k"}) for _ in range(8)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        identifiers = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        assert len(identifiers) == 1
        again = await service.pay(**{"Idempotency-Key": "k"})
        assert (again.status_code, again.json()["id"]) == (201, *identifiers)
        assert len(await service.ledger()) == 1
        created = await service.value("http_requests_total", method="POST", route="/payments", code="201")
        assert created is not None
        assert await service.value("payments_repeated_total") == created - 1

    play(scenario)


def test_the_same_key_with_another_body_is_refused(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.pay(1000, **{"Idempotency-Key": "k"})
        refused = await service.pay(2000, **{"Idempotency-Key": "k"})
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert await service.value("payments_repeated_total") == 0, "it asked for something new"
        elsewhere = await service.other.post(
            "/payments",
            json={"amount_minor": 2000, "currency": "MYR", "method": "fpx"},
            headers={"Idempotency-Key": "k"},
        )
        assert elsewhere.status_code == 201

    play(scenario)


@pytest.mark.parametrize(
    "body",
    [
        {"amount_minor": 10.5, "currency": "MYR", "method": "card"},
        {"amount_minor": 10.0, "currency": "MYR", "method": "card"},
        {"amount_minor": True, "currency": "MYR", "method": "card"},
        {"amount_minor": 0, "currency": "MYR", "method": "card"},
        {"amount_minor": 10**30, "currency": "MYR", "method": "card"},
        {"amount_minor": 1, "currency": "XXX", "method": "card"},
        {"amount_minor": 1, "currency": "MYR", "method": "card", "card_token": "4111111111111111"},
        {"amount_minor": 1, "currency": "MYR", "method": "card", "card_number": "4111111111111111"},
        {"amount_minor": 1, "currency": "MYR", "method": "card", "4111111111111111": 1},
    ],
)
def test_what_is_not_valid_is_refused_without_an_echo(play: Play, body: dict[str, object]) -> None:
    async def scenario(service: Service) -> None:
        refused = await service.caller.post("/payments", json=body)
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert "4111" not in refused.text
        assert await service.ledger() == []

    play(scenario)


def test_a_declined_payment_failed_with_its_reason(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.turn(decline_rate=1)
        payment = (await service.pay()).json()
        assert payment["status"] == "failed"
        assert await service.value("payment_failures_total", reason=payment["failure_reason"]) == 1
        assert await service.value("fiuu_circuit_breaker_state") == 0

    play(scenario)


@pytest.mark.parametrize(("operation", "becomes"), [("capture", "succeeded"), ("cancel", "cancelled")])
def test_an_authorized_payment_is_captured_or_cancelled_once(play: Play, operation: str, becomes: str) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(capture=False)).json()
        assert payment["status"] == "authorized"
        assert await service.value("payments_total", method="card", status="succeeded") == 0
        answers = await asyncio.gather(
            *(service.caller.post(f"/payments/{payment['id']}/{operation}") for _ in range(5))
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert (await service.caller.post(f"/payments/{payment['id']}/{operation}")).json()["status"] == becomes
        (booked,) = await service.ledger()
        assert booked["name"] == {"succeeded": "captured"}.get(becomes, becomes)
        requests = await service.value("fiuu_requests_total", operation=operation, outcome="accepted")
        assert requests == 1

    play(scenario)


def test_what_has_ended_cannot_be_captured_or_cancelled(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(capture=False)).json()["id"]
        await service.caller.post(f"/payments/{payment}/cancel")
        assert (await service.caller.post(f"/payments/{payment}/capture")).status_code == 409
        assert (await service.caller.post(f"/payments/{payment}/refunds", json={})).status_code == 409
        assert await service.status_of(payment) == "cancelled"

    play(scenario)


def test_a_pending_payment_is_settled_by_the_callback(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.turn(pending_rate=1, callback_delay_ms=0)
        accepted = await service.pay(**{"Idempotency-Key": "k"})
        assert (accepted.status_code, accepted.json()["status"]) == (202, "pending")

        async def settled() -> bool:
            return await service.status_of(accepted.json()["id"]) == "succeeded"

        await service.until("the callback has settled it", settled)
        assert (await service.pay(**{"Idempotency-Key": "k"})).status_code == 201
        assert await service.value("fiuu_callbacks_total", result="applied") == 1
        assert await service.value("payments_total", method="card", status="succeeded") == 1

    play(scenario)


def test_an_unknown_payment_is_not_found(play: Play) -> None:
    async def scenario(service: Service) -> None:
        for path in ("", "/refunds"):
            assert (await service.caller.get(f"/payments/{uuid4()}{path}")).status_code == 404
        for path in ("/capture", "/cancel"):
            assert (await service.caller.post(f"/payments/{uuid4()}{path}")).status_code == 404
        assert (await service.caller.get("/payments/no-uuid")).status_code == 422

    play(scenario)
