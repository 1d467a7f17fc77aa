"""What becomes of payments whose outcome was unknown: the database ends as the gateway has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Service

Play = Callable[..., None]

#: The worker looks at once, and believes the gateway's "unknown" at once.
AT_ONCE = {"fiuu_timeout_seconds": 0.3, "fiuu_settle_seconds": 0}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_service.reconciliation.ROUND_SECONDS", 0.05)
    monkeypatch.setattr("payment_service.gateway.client.BREAKER_SECONDS", 0.05)
    monkeypatch.setattr("payment_service.settings.GATEWAY_PAUSES", 0.0)


async def agrees(service: Service, payment: str) -> bool:
    booked = [entry["name"] for entry in await service.ledger() if entry["order"] == payment]
    expected = {"captured": "succeeded", "authorized": "authorized", "cancelled": "cancelled", "failed": "failed"}
    status = await service.status_of(payment)
    return status != "pending" and status == (expected[booked[0]] if booked else "failed")


@pytest.mark.parametrize("knobs", [{"hang": True}, {"error_rate": 1}, {"wrong_signature_rate": 1}])
def test_an_unknown_charge_is_found_out(play: Play, knobs: dict[str, object]) -> None:
    async def scenario(service: Service) -> None:
        await service.turn(**knobs)
        answers = [await service.pay(**{"Idempotency-Key": str(number)}) for number in range(4)]
        assert {answer.status_code for answer in answers} == {504 if "hang" in knobs else 502}
        payments = [answer.json()["payment_id"] for answer in answers]
        assert await service.status_of(payments[0]) == "pending"
        assert (await service.pay(**{"Idempotency-Key": "0"})).status_code == 202
        await service.turn()
        for payment in payments:

            async def known(payment: str = payment) -> bool:
                return await agrees(service, payment)

            await service.until("gateway and database agree", known)
        assert (await service.pay(**{"Idempotency-Key": "0"})).status_code == 201
        booked = await service.ledger()
        assert len(booked) == len({entry["order"] for entry in booked})

        async def nothing_open() -> bool:
            return await service.value("payment_operations_unresolved") == 0

        await service.until("nothing is unresolved", nothing_open)

    play(scenario, **AT_ONCE)


@pytest.mark.parametrize("operation", ["capture", "cancel"])
def test_an_unknown_capture_or_cancellation_is_found_out(play: Play, operation: str) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(capture=False)).json()["id"]
        await service.turn(hang=True)
        assert (await service.caller.post(f"/payments/{payment}/{operation}")).status_code == 504
        assert (await service.caller.post(f"/payments/{payment}/{operation}")).status_code == 409
        await service.turn()
        becomes = {"capture": "succeeded", "cancel": "cancelled"}[operation]

        async def known() -> bool:
            return await service.status_of(payment) == becomes

        await service.until("the end is known", known)

    play(scenario, **AT_ONCE)


def test_an_unknown_refund_keeps_its_amount_until_it_is_found_out(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay(1000)).json()["id"]
        await service.turn(hang=True)
        unknown = await service.caller.post(f"/payments/{payment}/refunds", json={})
        assert unknown.status_code == 504
        assert (await service.caller.post(f"/payments/{payment}/refunds", json={})).status_code == 409
        await service.turn()

        async def known() -> bool:
            (refund,) = (await service.caller.get(f"/payments/{payment}/refunds")).json()
            return bool(refund["status"] == "succeeded")

        await service.until("the refund's end is known", known)
        (booked,) = await service.ledger()
        assert list(booked["refunds"].values()) == ["10.00"]

    play(scenario, **AT_ONCE)


def test_a_lost_callback_is_made_up_for(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_service.ledger.attempts.PENDING_CHECK", timedelta())

    async def scenario(service: Service) -> None:
        await service.turn(pending_rate=1, callback_delay_ms=20, lost_callback_rate=1)
        payment = (await service.pay()).json()["id"]

        async def known() -> bool:
            return await service.status_of(payment) == "succeeded"

        await service.until("the worker has asked", known)
        assert await service.value("fiuu_callbacks_total", result="applied") == 0
        assert await service.value("payment_reconciliations_total", result="settled") == 1
        assert await service.value("payments_total", method="card", status="succeeded") == 1

    play(scenario, **AT_ONCE)


def test_the_breaker_opens_when_the_gateway_fails_and_spares_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payment_service.gateway.client.BREAKER_SECONDS", 600.0)

    async def scenario(service: Service) -> None:
        await service.turn(error_rate=1)
        answers = [await service.pay(**{"Idempotency-Key": str(number)}) for number in range(8)]
        assert [answer.status_code for answer in answers] == [502] * 5 + [503] * 3
        assert await service.value("fiuu_circuit_breaker_state") == 1
        refused = answers[-1]
        assert await service.status_of(refused.json()["payment_id"]) == "failed"
        assert refused.headers["Retry-After"]
        assert (await service.pay(**{"Idempotency-Key": "7"})).json() == refused.json()
        ready = (await service.stranger.get("/ready")).json()
        assert ready["status"] == "ready"

    play(scenario, payment_reconcile=False)


def test_the_breaker_closes_when_the_gateway_is_back(play: Play) -> None:
    async def scenario(service: Service) -> None:
        await service.turn(error_rate=1)
        for _ in range(5):
            await service.pay()
        assert await service.value("fiuu_circuit_breaker_state") == 1
        await service.turn()

        async def pays() -> bool:
            return (await service.pay()).status_code == 201

        await service.until("a payment passes", pays)
        assert await service.value("fiuu_circuit_breaker_state") == 0

    play(scenario, payment_reconcile=False)


def test_an_unreachable_gateway_is_asked_again_and_nothing_is_unknown(play: Play) -> None:
    async def scenario(service: Service) -> None:
        answer = await service.pay()
        assert answer.status_code == 502
        assert await service.status_of(answer.json()["payment_id"]) == "failed"
        assert await service.value("fiuu_retries_total", operation="charge") == 2

    play(scenario, fiuu_base_url="http://127.0.0.1:1")
