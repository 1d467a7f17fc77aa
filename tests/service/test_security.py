"""Who may not, and how it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from payment_service.authentication import read_api_keys
from payment_service.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Service

Play = Callable[..., None]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic key-shop", "key-shop"])
def test_bad_credentials_are_refused_and_counted(
    play: Play, capsys: pytest.CaptureFixture[str], header: str | None
) -> None:
    async def scenario(service: Service) -> None:
        headers = {} if header is None else {"Authorization": header}
        refused = await service.stranger.get("/payments", headers=headers)
        assert refused.status_code == 401
        assert await service.value("failed_auth_total") == 1
        assert await service.value("security_events_total", type="failed_auth") == 1

    play(scenario)
    assert "auth failed" in capsys.readouterr().out


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
        await service.caller.get("/payments/unknown")
        assert await service.value("suspicious_api_calls") == 0

    play(scenario)


def test_somebody_elses_payment_is_not_there_and_the_look_is_counted(play: Play) -> None:
    async def scenario(service: Service) -> None:
        payment = (await service.pay()).json()["id"]
        assert (await service.other.get(f"/payments/{payment}")).status_code == 404
        assert (await service.other.post(f"/payments/{payment}/refunds", json={})).status_code == 404
        assert await service.value("security_events_total", type="forbidden") == 2

    play(scenario)


def test_who_calls_too_often_is_told_when_to_come_back(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(service: Service) -> None:
        answers = [await service.caller.get("/payments") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600
        assert (await service.other.get("/payments")).status_code == 200
        assert await service.value("rate_limit_requests_total", outcome="rejected") == 2

    play(scenario, rate_limit="3/hour")
    assert "rate limit" in capsys.readouterr().out


def test_without_redis_requests_pass_and_the_log_says_so(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(service: Service) -> None:
        assert (await service.caller.get("/payments")).status_code == 200
        ready = await service.stranger.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"database": "ok", "rate_limit": "failed"}

    play(scenario, redis_host="127.0.0.1", redis_port=1)
    assert "rate limit unavailable" in capsys.readouterr().out


def test_a_broken_key_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# merchants\nshop not-a-digest\n")
    with pytest.raises(ConfigurationError, match=r"keys:2: expected 'merchant sha256-in-hex'"):
        read_api_keys(file)
