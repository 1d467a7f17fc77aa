"""How often a merchant may call, with Redis, without it, and while it is away."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
import redis
from sockets import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Service

Play = Callable[..., None]


class RedisServer:
    """A real Redis that can be stopped and started."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server") or "redis-server"
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = monotonic() + 30
        while not self._answers():
            assert monotonic() < deadline, "redis-server did not start"
            sleep(0.02)

    def _answers(self) -> bool:
        with redis.Redis(port=self.port) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.stop()


def test_who_calls_too_often_is_told_when_to_come_back(play: Play) -> None:
    async def scenario(service: Service) -> None:
        answers = [await service.caller.get("/payments") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600
        assert (await service.other.get("/payments")).status_code == 200
        assert await service.value("rate_limit_requests_total", outcome="rejected") == 2
        assert await service.value("security_events_total", type="rate_limited") == 2

    play(scenario, rate_limit="3/hour")


def test_redis_counts_for_every_instance(play: Play, redis_server: RedisServer) -> None:
    async def scenario(service: Service) -> None:
        for _ in range(2):
            assert (await service.caller.get("/payments")).status_code == 200
        assert (await service.value("redis_connections", state="idle") or 0) >= 1

    limits = {"rate_limit": "4/hour", "redis_host": "127.0.0.1", "redis_port": redis_server.port}
    play(scenario, **limits)
    play(scenario, **limits)

    async def exhausted(service: Service) -> None:
        assert (await service.caller.get("/payments")).status_code == 429

    play(exhausted, **limits)


@pytest.mark.parametrize(
    ("setting", "code", "outcome", "ready"),
    [("allow", 200, "unchecked_allowed", 200), ("reject", 429, "unchecked_rejected", 503)],
)
def test_while_redis_is_away_the_setting_decides_and_the_metrics_say_so(
    play: Play, redis_server: RedisServer, setting: str, code: int, outcome: str, ready: int
) -> None:
    async def scenario(service: Service) -> None:
        assert (await service.caller.get("/payments")).status_code == 200
        redis_server.stop()
        answer = await service.caller.get("/payments")
        assert answer.status_code == code
        assert await service.value("rate_limit_requests_total", outcome=outcome) == 1

        async def noticed() -> bool:
            report = await service.stranger.get("/ready")
            return report.status_code == ready and not report.json()["checks"]["redis"]["up"]

        await service.until("/ready says so", noticed)
        assert await service.value("payment_service_dependency_up", dependency="redis") == 0
        redis_server.start()
        assert (await service.caller.get("/payments")).status_code == 200

        async def back() -> bool:
            return bool((await service.stranger.get("/ready")).json()["checks"]["redis"]["up"])

        await service.until("Redis is back", back)

    play(scenario, redis_host="127.0.0.1", redis_port=redis_server.port, rate_limit_without_redis=setting)
