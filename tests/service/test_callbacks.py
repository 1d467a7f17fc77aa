"""Fiuu's callback, with the signature that its documentation describes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Service

Play = Callable[..., None]


def signed(order: str, secret: str = "secret-key", **changes: str) -> dict[str, str]:
    """Return a callback signed as docs.fiuu.dev has it: md5(paydate + domain + key0 + appcode + secret key)."""
    fields = {
        "tranID": "1",
        "orderid": order,
        "status": "00",
        "domain": "merchant",
        "amount": "10.00",
        "currency": "MYR",
        "paydate": "2026-01-02 03:04:05",
        "appcode": "A1",
        "channel": "fpx",
        **changes,
    }
    inner = "".join(fields[name] for name in ("tranID", "orderid", "status", "domain", "amount", "currency"))
    key0 = md5(inner.encode()).hexdigest()
    outer = f"{fields['paydate']}{fields['domain']}{key0}{fields['appcode']}{secret}"
    return {**fields, "skey": md5(outer.encode()).hexdigest()}


async def pending(service: Service) -> str:
    await service.turn(pending_rate=1, callback_delay_ms=60_000)
    return str((await service.pay(1000)).json()["id"])


def test_a_signed_callback_settles_once(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = await pending(service)
        for _ in range(3):
            answer = await service.stranger.post("/fiuu/callback", data=signed(payment))
            assert (answer.status_code, answer.text) == (200, "CBTOKEN:MPSTATOK")
        assert await service.status_of(payment) == "succeeded"
        assert await service.value("fiuu_callbacks_total", result="applied") == 1
        assert await service.value("fiuu_callbacks_total", result="repeated") == 2
        assert await service.value("payments_total", method="card", status="succeeded") == 1

    play(scenario)


def test_a_wrong_signature_changes_nothing_and_is_a_security_event(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = await pending(service)
        forged = [
            signed(payment, secret="guess"),
            {**signed(payment), "amount": "1.00"},
            {**signed(payment), "skey": ""},
            {**signed(payment), "skey": "é"},
        ]
        for fields in forged:
            assert (await service.stranger.post("/fiuu/callback", data=fields)).status_code == 403
        assert await service.status_of(payment) == "pending"
        assert await service.value("security_events_total", type="signature_failure") == len(forged)
        assert await service.value("suspicious_api_calls") == len(forged)

    play(scenario)


@pytest.mark.parametrize("changes", [{"amount": "1.00"}, {"currency": "JPY"}, {"domain": "another"}, {"status": "99"}])
def test_a_callback_about_something_else_is_refused(play: Play, changes: dict[str, str]) -> None:
    async def scenario(service: Service) -> None:
        payment = await pending(service)
        answer = await service.stranger.post("/fiuu/callback", data=signed(payment, **changes))
        assert answer.status_code == 409
        assert await service.status_of(payment) == "pending"
        assert await service.value("fiuu_callbacks_total", result="mismatch") == 1

    play(scenario)


def test_a_callback_for_an_unknown_payment_and_one_without_fields_are_refused(play: Play) -> None:
    async def scenario(service: Service) -> None:
        assert (await service.stranger.post("/fiuu/callback", data=signed("nothing"))).status_code == 404
        assert (await service.stranger.post("/fiuu/callback", data={"orderid": "x"})).status_code == 422
        nul = await service.stranger.post("/fiuu/callback", data=signed("a\x00b"))
        assert nul.status_code == 422

    play(scenario)


def test_a_failed_payment_that_was_only_assumed_is_overturned_by_evidence(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = await pending(service)
        failed = signed(payment, status="11")
        await service.stranger.post("/fiuu/callback", data=failed)
        assert await service.status_of(payment) == "failed"
        assert (await service.stranger.post("/fiuu/callback", data=signed(payment))).status_code == 200
        assert await service.status_of(payment) == "failed"

    play(scenario)
