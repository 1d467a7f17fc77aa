"""How many ERROR lines a failed request writes at most, which an alert on all other such lines reckons with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sockets import free_port
from sqlalchemy.exc import OperationalError

from payment_alerts.error_lines_unexplained import LINES_A_FAILURE
from payment_service.logs import configure_logging

if TYPE_CHECKING:
    from conftest import Play, Service


@pytest.mark.usefixtures("logging_restored")
@pytest.mark.parametrize("fault", ["gateway", "database", "defect"])
def test_a_failed_request_with_a_rate_limiter_that_fails_writes_as_many_error_lines_as_the_alert_sets_off(
    play: Play, fault: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failures = {"database": OperationalError("SELECT", {}, Exception("away")), "defect": RuntimeError("a defect")}

    async def broken(*_: object, **__: object) -> None:
        raise failures[fault]

    async def scenario(service: Service) -> None:
        if fault in failures:
            monkeypatch.setattr("payment_service.api.payments.payments_of", broken)
            answer = await service.caller.get("/payments")
        else:
            answer = await service.pay()
        assert answer.status_code >= 500
        identifiers.append(answer.headers["X-Request-ID"])

    identifiers: list[str] = []
    configure_logging()
    # Beside the fault, the rate limiter has no storage: each request says so too.
    away = {"redis_host": "127.0.0.1", "redis_port": free_port(), "rate_limit_without_redis": "allow"}
    play(scenario, fiuu_base_url=f"http://127.0.0.1:{free_port()}", **away)
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    errors = [line["event"] for line in lines if line["level"] == "ERROR" and line.get("request_id") == identifiers[0]]
    assert len(errors) == LINES_A_FAILURE, errors
