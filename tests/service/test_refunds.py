"""Refunds as a merchant sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Service

Play = Callable[..., None]


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
        listed = (await service.caller.get(f"/payments/{payment}/refunds")).json()
        assert sum(refund["amount_minor"] for refund in listed) == 1000
        (booked,) = await service.ledger()
        assert sorted(booked["refunds"].values()) == ["1.00", "3.00", "3.00", "3.00"]

    play(scenario)


def test_the_same_key_refunds_once(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(1000)).json()["id"]

        async def refund(amount: int) -> tuple[int, str]:
            answer = await service.caller.post(
                f"/payments/{payment}/refunds", json={"amount_minor": amount}, headers={"Idempotency-Key": "k"}
            )
            return answer.status_code, answer.json().get("id", "")

        assert await refund(100) == await refund(100)
        assert (await refund(200))[0] == 422
        assert (await service.caller.get(f"/payments/{payment}")).json()["refunded_minor"] == 100

    play(scenario)


def test_a_refund_that_the_gateway_declines_gives_its_amount_back(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(1000)).json()["id"]
        await service.turn(decline_rate=1)
        declined = await service.caller.post(f"/payments/{payment}/refunds", json={})
        assert (declined.status_code, declined.json()["status"]) == (201, "failed")
        assert await service.value("refunds_total", status="failed") == 1
        await service.turn()
        assert (await service.caller.post(f"/payments/{payment}/refunds", json={})).json()["status"] == "succeeded"

    play(scenario)
