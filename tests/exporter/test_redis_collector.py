"""Redis' figures equal its own, and a Redis that is away, locked or lying ends in an error that says so."""

from __future__ import annotations

import math
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from exporter.certificates import LOOPBACK, Authority
from redis import Redis
from redis.exceptions import RedisError
from sockets import free_port
from waiting import wait_until

from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics import redis
from payment_exporter.collectors.redis import RedisAddress, RedisCollector, figures, redis_address
from payment_exporter.configuration import Redis as Configuration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric as MetricFamily

HOST = "127.0.0.1"
SECRET = "a-password-of-the-tests"
OTHER_SECRET = "what-it-was-rotated-to"


@dataclass
class Server:
    """A Redis without a trace on disk."""

    directory: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    password: str | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> RedisAddress:
        return RedisAddress(HOST, self.port)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no"),
                *self.options,
            ],
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
        )
        wait_until("Redis answers", self.answers)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except RedisError:
            return False

    def client(self) -> Redis:
        return Redis(HOST, self.port, password=self.password, socket_timeout=20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[Redis]:
    with server.client() as client:
        yield client


def read(families: Iterable[MetricFamily]) -> dict[str, float]:
    return {sample.name: sample.value for family in families for sample in family.samples}


def collect(address: RedisAddress) -> dict[str, float]:
    return read(RedisCollector(address, timeout=20).collect())


def test_every_declared_metric_is_published(server: Server) -> None:
    families = list(RedisCollector(server.address, timeout=20).collect())
    assert {family.samples[0].name: family.type for family in families} == {
        metric.name: metric.type.value for metric in redis.METRICS
    }


def test_look_ups_and_expiry_are_counted(server: Server, client: Redis) -> None:
    client.set("there", 1)
    client.set("gone", 1, px=1)
    wait_until("the key has expired", lambda: client.exists("gone") == 0)
    before = collect(server.address)
    for _ in range(3):
        client.get("there")
    for _ in range(2):
        client.get("nowhere")
    after = collect(server.address)
    assert after["redis_keyspace_hits_total"] - before["redis_keyspace_hits_total"] == 3
    assert after["redis_keyspace_misses_total"] - before["redis_keyspace_misses_total"] == 2
    assert after["redis_expired_keys_total"] == 1
    assert after["redis_commands_processed_total"] >= before["redis_commands_processed_total"] + 5


def test_memory_and_evictions_are_those_of_info(server: Server, client: Redis) -> None:
    assert collect(server.address)["redis_memory_max_bytes"] == 0
    assert collect(server.address)["redis_evicted_keys_total"] == 0
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", 4_000_000)
    for number in range(200):
        client.set(f"key-{number}", "x" * 50_000)
    samples = collect(server.address)
    assert samples["redis_memory_max_bytes"] == 4_000_000
    assert samples["redis_evicted_keys_total"] == client.info()["evicted_keys"] > 0
    assert 500_000 < samples["redis_memory_used_bytes"] < 8_000_000


def test_clients_are_counted_blocked_ones_and_refused_ones_too(server: Server, client: Redis) -> None:
    client.ping()
    alone = collect(server.address)
    assert alone["redis_blocked_clients"] == 0
    assert alone["redis_rejected_connections_total"] == 0
    with server.client() as waiting, socket.create_connection((HOST, server.port), 20):
        connection = waiting.connection_pool.get_connection()
        connection.send_command("BLPOP", "empty", 60)
        wait_until("the client is blocked", lambda: client.info()["blocked_clients"] == 1)
        samples = collect(server.address)
        assert samples["redis_blocked_clients"] == 1
        assert samples["redis_connected_clients"] == alone["redis_connected_clients"] + 2
        client.config_set("maxclients", 3)
        with socket.create_connection((HOST, server.port), 20) as refused:
            refused.settimeout(20)
            assert b"max number of clients" in refused.recv(100)
        connection.disconnect()
        wait_until("there is room", lambda: client.info()["connected_clients"] < 3)
        samples = collect(server.address)
        assert samples["redis_rejected_connections_total"] == 1
        assert samples["redis_max_clients"] == 3


def test_the_start_is_the_same_at_each_scrape_and_moves_with_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path)
    before = int(time.time())
    server.start()
    try:
        first = collect(server.address)["redis_start_time_seconds"]
        assert before <= first <= time.time()
        wait_until("the next second", lambda: int(time.time()) > first + 1)
        assert {collect(server.address)["redis_start_time_seconds"] for _ in range(20)} == {first}
        server.stop()
        server.start()
        assert collect(server.address)["redis_start_time_seconds"] > first
    finally:
        server.stop()


def test_a_server_that_was_stopped_fails_and_is_read_again_by_the_same_collector(server: Server) -> None:
    collector = RedisCollector(server.address, timeout=20)
    assert read(collector.collect())
    server.stop()
    with pytest.raises(RedisError, match="refused"):
        read(collector.collect())
    server.start()
    assert read(collector.collect())
    collector.close()


def test_a_missing_password_is_said(server: Server, client: Redis) -> None:
    client.config_set("requirepass", SECRET)
    with pytest.raises(RedisError, match=r"^Authentication required") as raised:
        collect(server.address)
    assert SECRET not in str(raised.value)


def test_the_password_is_read_from_its_file_each_time(server: Server, client: Redis, tmp_path: Path) -> None:
    file = tmp_path / "password"
    client.config_set("requirepass", SECRET)
    collector = RedisCollector(RedisAddress(HOST, server.port, password_file=file), timeout=20)
    with pytest.raises(OSError, match=str(file)):
        read(collector.collect())
    file.write_bytes(b"\xff\xfe-in-latin-1")
    with pytest.raises(ForeseenError, match=f"{file}: a password is expected"):
        read(collector.collect())
    file.write_text(f"{SECRET}\n")
    assert read(collector.collect())
    client.config_set("requirepass", OTHER_SECRET)
    with pytest.raises(RedisError, match="invalid username-password pair") as raised:
        read(collector.collect())
    assert SECRET not in str(raised.value)
    file.write_text(OTHER_SECRET)
    assert read(collector.collect())


def test_an_account_needs_no_more_than_info_and_ping(server: Server, client: Redis, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(SECRET)
    client.acl_setuser("exporter", enabled=True, passwords=[f"+{SECRET}"], commands=["+info", "+ping"])
    assert collect(RedisAddress(HOST, server.port, "exporter", file))
    assert client.acl_log() == []
    client.acl_setuser("exporter", enabled=True, commands=["-info"])
    with pytest.raises(RedisError, match="no permissions to run the 'info' command"):
        collect(RedisAddress(HOST, server.port, "exporter", file))


def test_an_encrypted_connection_trusts_the_given_authority_only(tmp_path: Path) -> None:
    authority, stranger = Authority("ours"), Authority("theirs")
    certificate, key = authority.issue(LOOPBACK).write(tmp_path, "server")
    ours, theirs = tmp_path / "ours.crt", tmp_path / "theirs.crt"
    ours.write_bytes(authority.certificate)
    theirs.write_bytes(stranger.certificate)
    port = free_port()
    encryption = ("--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    server = Server(tmp_path, options=(*encryption, "--tls-ca-cert-file", str(ours), "--tls-auth-clients", "no"))
    server.start()
    try:
        assert collect(RedisAddress(HOST, port, ca_file=ours))
        with pytest.raises(RedisError, match="certificate verify failed"):
            collect(RedisAddress(HOST, port, ca_file=theirs))
        with pytest.raises(RedisError):  # the port that is not encrypted
            read(RedisCollector(RedisAddress(HOST, server.port, ca_file=ours), timeout=0.5).collect())
    finally:
        server.stop()


@pytest.mark.parametrize(("timeout", "within"), [(0.2, math.inf), (60, 0.2)])
def test_a_server_that_never_answers_is_given_up(timeout: float, within: float) -> None:
    with socket.create_server((HOST, 0)) as silent, pytest.raises(RedisError, match="Timeout"):
        read(RedisCollector(RedisAddress(HOST, silent.getsockname()[1]), timeout).collect(within))


@contextmanager
def impostor(*answers: bytes, pause: float = 0.0) -> Iterator[RedisAddress]:
    """Something that gives these answers, each after a pause, to what it is asked by one client."""
    with socket.create_server((HOST, 0)) as web:
        web.settimeout(20)

        def answer() -> None:
            connection, _ = web.accept()
            with connection:
                for words in answers:
                    connection.recv(1000)
                    time.sleep(pause)
                    connection.sendall(words)

        thread = threading.Thread(target=answer)
        thread.start()
        yield RedisAddress(HOST, web.getsockname()[1])
        thread.join(20)


def test_a_slow_answer_shows_in_the_ping() -> None:
    facts = b"connected_clients:1\r\n"
    with impostor(b"$%d\r\n%s\r\n" % (len(facts), facts), b"+PONG\r\n", pause=0.2) as address:
        samples = collect(address)
    assert samples.keys() == {"redis_ping_duration_seconds", "redis_connected_clients"}
    assert samples["redis_ping_duration_seconds"] >= 0.2


def test_something_that_is_no_redis_fails() -> None:
    with impostor(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address, pytest.raises(RedisError):
        collect(address)


def test_what_an_older_server_does_not_tell_is_left_out() -> None:
    samples = read(figures({"connected_clients": 3, "uptime_in_seconds": 5, "redis_version": "2.8.0"}))
    assert samples == {"redis_connected_clients": 3}


@pytest.mark.parametrize("said", ["many", "", "nan", float("nan"), float("inf"), -1, [1, 2], {"a": 1}, True, None])
@pytest.mark.parametrize("name", ["used_memory", "uptime_in_seconds"])
def test_what_is_no_number_is_no_figure(name: str, said: object) -> None:
    facts: dict[str, Any] = {"server_time_usec": 1_700_000_000_000_000, name: said}
    with pytest.raises(ValueError, match=f"INFO: {name}: a number from 0 up is expected"):
        read(figures(facts))


VARIABLES = {"REDIS_HOST": "cache", "REDIS_PORT": "6390", "REDIS_PASSWORD_FILE": "/run/secrets/redis"}


@pytest.mark.parametrize(
    ("configuration", "environment", "address"),
    [
        ({}, {}, RedisAddress("127.0.0.1", 6379)),
        ({}, {"REDIS_HOST": "", "REDIS_PORT": "", "REDIS_PASSWORD_FILE": ""}, RedisAddress("127.0.0.1", 6379)),
        ({}, VARIABLES, RedisAddress("cache", 6390, password_file=Path("/run/secrets/redis"))),
        (
            {"address": "redis.payments:6400", "username": "exporter", "password_file": "/etc/p", "ca_file": "/etc/ca"},
            {**VARIABLES, "REDIS_PORT": "of no interest"},
            RedisAddress("redis.payments", 6400, "exporter", Path("/etc/p"), Path("/etc/ca")),
        ),
    ],
)
def test_the_address_comes_from_the_configuration_else_from_the_environment(
    configuration: dict[str, str], environment: dict[str, str], address: RedisAddress
) -> None:
    assert redis_address(Configuration.model_validate(configuration), environment) == address


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "6379 ", "6_379", "٦", "1e3", "9" * 5000])
def test_a_port_that_is_none_names_its_variable(port: str) -> None:
    with pytest.raises(ForeseenError, match="REDIS_PORT: a port from 1 to 65535 is expected") as raised:
        redis_address(Configuration(), {"REDIS_PORT": port})
    assert len(str(raised.value)) < 120


def test_a_port_of_the_configuration_is_checked_too() -> None:
    with pytest.raises(ForeseenError, match=r"collectors\.redis\.address: a port from 1 to 65535 is expected"):
        redis_address(Configuration(address="redis:99999"), {})
