"""Who may not, and how it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest

from payment_service.security.authentication import Scope, key_line, new_key, read_api_keys
from payment_service.security.detection import MOST_CALLERS, Repetition, Spread
from payment_service.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Service

Play = Callable[..., None]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic key-shop", "key-shop"])
def test_bad_credentials_are_refused_and_counted(play: Play, header: str | None) -> None:
    async def scenario(service: Service) -> None:
        headers = {} if header is None else {"Authorization": header}
        refused = await service.stranger.get("/payments", headers=headers)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert await service.value("failed_auth_total") == 1
        assert await service.value("security_events_total", type="failed_auth") == 1

    play(scenario)


def test_a_key_allows_what_its_scopes_say(play: Play) -> None:
    async def scenario(service: Service) -> None:
        assert (await service.auditor.get("/payments")).status_code == 200
        body = {"amount_minor": 1, "currency": "MYR", "method": "fpx"}
        assert (await service.auditor.post("/payments", json=body)).status_code == 403
        assert (await service.auditor.post(f"/payments/{uuid4()}/refunds", json={})).status_code == 403
        assert await service.value("security_events_total", type="scope_denied") == 2
        assert await service.value("failed_auth_total") == 0

    play(scenario)


@pytest.mark.parametrize("path", ["/.env", "/wp-login.php", "/.git/config", "/admin", "/a/%2e%2e/etc/passwd"])
def test_a_path_scan_is_seen(play: Play, path: str) -> None:
    async def scenario(service: Service) -> None:
        await service.stranger.get(path)
        assert await service.value("suspicious_api_calls") == 1
        assert await service.value("security_events_total", type="path_scan") == 1

    play(scenario)


def test_customers_are_not_suspicious(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay()).json()["id"]
        await service.caller.get(f"/payments/{payment}")
        await service.caller.get(f"/payments/{uuid4()}")
        assert await service.value("suspicious_api_calls") == 0

    play(scenario)


def test_somebody_elses_payment_is_not_there_and_the_look_is_counted(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay()).json()["id"]
        assert (await service.other.get(f"/payments/{payment}")).status_code == 404
        assert (await service.other.post(f"/payments/{payment}/refunds", json={})).status_code == 404
        assert await service.value("security_events_total", type="forbidden") == 2
        assert await service.value("suspicious_api_calls") == 2

    play(scenario)


def test_enumerating_ids_is_one_event_and_every_further_look_is_suspicious(play: Play) -> None:
    async def scenario(service: Service) -> None:
        for _ in range(10):
            await service.caller.get(f"/payments/{uuid4()}")
        assert await service.value("security_events_total", type="id_enumeration") == 0
        for _ in range(5):
            await service.caller.get(f"/payments/{uuid4()}")
        assert await service.value("security_events_total", type="id_enumeration") == 1
        assert await service.value("suspicious_api_calls") == 5

    play(scenario)


def test_a_key_that_is_used_from_many_addresses_is_seen(play: Play) -> None:
    async def scenario(service: Service) -> None:
        async def call_from(address: str) -> None:
            transport = httpx.ASGITransport(service.app, client=(address, 1))
            headers = {"Authorization": "Bearer key-shop"}
            async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as client:
                assert (await client.get("/payments")).status_code == 200

        for number in range(5):
            await call_from(f"10.0.0.{number}")
        assert await service.value("security_events_total", type="key_from_many_addresses") == 0
        await call_from("2001:db8::1")
        await call_from("2001:db8::2")
        await call_from("10.0.0.0")
        assert await service.value("security_events_total", type="key_from_many_addresses") == 1

    play(scenario)


def test_repetition_is_counted_in_windows_and_forgotten() -> None:
    repetition = Repetition(limit=2, seconds=60)
    assert [repetition.seen("a", now) for now in (0, 1, 2, 3)] == [0, 0, 1, 2]
    assert repetition.seen("b", 3) == 0
    assert repetition.seen("a", 60) == 0
    for number in range(MOST_CALLERS + 1):
        repetition.seen(f"caller-{number}", 61)
    assert len(repetition) == MOST_CALLERS


def test_a_spread_is_reported_once_a_window() -> None:
    spread = Spread(limit=2, seconds=60)
    seen = [spread.seen("key", f"10.0.0.{number}", number) for number in range(6)]
    assert seen == [False, False, True, False, False, False]
    assert [spread.seen("key", f"10.0.1.{number}", 70 + number) for number in range(3)] == [False, False, True]
    same_customer = [spread.seen("other", f"2001:db8::{number}", 70) for number in range(9)]
    assert not any(same_customer)


def test_a_new_key_is_let_in_by_its_line_and_the_line_does_not_hold_it(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    key = new_key()
    line = key_line("shop", key, (Scope.READ, Scope.PAY))
    assert key not in line
    file.write_text(f"# merchants\n\n{line}\n")
    caller = read_api_keys(file).caller(f"Bearer {key}")
    assert caller is not None
    assert (caller.merchant, caller.scopes) == ("shop", {Scope.READ, Scope.PAY})
    assert read_api_keys(file).caller(f"Bearer {key}x") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("shop not-a-digest payments:read", "expected 'merchant sha256-in-hex scope,scope'"),
        ("shop " + "0" * 64, "expected 'merchant sha256-in-hex scope,scope'"),
        ("shop " + "0" * 64 + " payments:steal", "'payments:steal' is not a valid Scope; allowed are payments:read"),
    ],
)
def test_a_broken_key_file_is_named_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# merchants\n{line}\n")
    with pytest.raises(ConfigurationError, match=f"keys:2: {says}"):
        read_api_keys(file)
