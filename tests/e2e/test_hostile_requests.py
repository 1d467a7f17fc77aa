"""What no honest client sends: it is refused with a 4xx, and the service goes on."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
import requests
from e2e.shop import KEY, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Wait

HEAD = f"Host: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
GOOD = {"amount_minor": 1000, "currency": "MYR", "method": "fpx"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("hostile")
    with Shop(directory, {"DB_SQLITE_PATH": str(directory / "payments.db")}) as shop:
        yield shop


@pytest.fixture(autouse=True)
def _goes_on(shop: Shop) -> Iterator[None]:
    yield
    answer = requests.post(f"{shop.url}/payments", json=GOOD, headers={"Authorization": f"Bearer {KEY}"}, timeout=20)
    assert answer.json()["status"] == "succeeded"
    assert "unhandled exception" not in shop.log


def connect(shop: Shop) -> socket.socket:
    return socket.create_connection(("127.0.0.1", shop.ports.service), timeout=30)


def status_of(shop: Shop, request: bytes) -> int:
    """Return the status of the answer to ``request``."""
    with connect(shop) as connection:
        connection.sendall(request)
        line = connection.makefile("rb").readline()
    assert line.startswith(b"HTTP/1.1 "), line
    return int(line.split()[1])


def post(body: bytes, path: str = "/payments", head: str = HEAD) -> bytes:
    return f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


BODIES = {
    "malformed": b'{"amount_minor": 1,',
    "not UTF-8": b'{"amount_minor": 1, "currency": "\xff\xfe"}',
    "not an object": b"[1, 2, 3]",
    "empty": b"",
    "deep": b'{"amount_minor":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "a huge integer": b'{"amount_minor": 1' + b"0" * 5000 + b', "currency": "MYR", "method": "fpx"}',
    "a huge float": b'{"amount_minor": 1e999, "currency": "MYR", "method": "fpx"}',
    "not a number": b'{"amount_minor": NaN, "currency": "MYR", "method": "fpx"}',
    "a null byte": b'{"amount_minor": 1, "currency": "M\\u0000R", "method": "fpx"}',
    "a raw null byte": b'{"amount_minor": 1, "currency": "M\x00R", "method": "fpx"}',
    "half a character": b'{"amount_minor": 1, "currency": "\\ud800", "method": "fpx"}',
    "a null byte in the token": json.dumps({**GOOD, "card_token": "tok_\x0012345678"}).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused(shop: Shop, body: bytes) -> None:
    assert status_of(shop, post(body)) in {400, 422}


REQUESTS = {
    "a null byte in the path": b"GET /payments/%00 HTTP/1.1\r\n" + HEAD.encode() + b"\r\n",
    "a path that is not UTF-8": b"GET /payments/%ff%fe HTTP/1.1\r\n" + HEAD.encode() + b"\r\n",
    "a long path": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HEAD.encode() + b"\r\n",
    "a null byte in a query": b"GET /payments?cursor=%00 HTTP/1.1\r\n" + HEAD.encode() + b"\r\n",
    "a huge limit": b"GET /payments?limit=1" + b"0" * 5000 + b" HTTP/1.1\r\n" + HEAD.encode() + b"\r\n",
    "a null byte in a header": post(b"{}", head=HEAD + "Idempotency-Key: a\x00b\r\n"),
    "a header that is not ASCII": post(json.dumps(GOOD).encode(), head=HEAD + "Idempotency-Key: caf\xe9\r\n"),
    "a long key": post(json.dumps(GOOD).encode(), head=HEAD + f"Idempotency-Key: {'k' * 200}\r\n"),
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "two lengths": b"POST /payments HTTP/1.1\r\n" + HEAD.encode() + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": b"POST /payments HTTP/1.1\r\n" + HEAD.encode() + b"Content-Length: -1\r\n\r\n{}",
    "credentials that are not ASCII": "GET /payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer é\r\n\r\n".encode(),
    "a callback with a null byte": post(
        b"orderid=%00&skey=%00",
        "/fiuu/callback",
        "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\n",
    ),
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_a_bad_request_is_refused(shop: Shop, request_bytes: bytes) -> None:
    assert 400 <= status_of(shop, request_bytes) < 500


def test_a_body_of_100_mb_is_refused_before_it_is_sent(shop: Shop) -> None:
    announced = f"POST /payments HTTP/1.1\r\n{HEAD}Content-Length: {100 * 2**20}\r\n\r\n"
    assert status_of(shop, announced.encode()) == 413


def test_a_body_of_100_mb_that_is_not_announced_is_cut_off(shop: Shop) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with connect(shop) as connection:
        connection.sendall(f"POST /payments HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        connection.sendall(chunk * 2)
        assert b" 413 " in connection.makefile("rb").readline()
        try:
            while sent < 100 * 2**20:
                connection.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
    assert sent < 100 * 2**20


def test_clients_that_send_byte_by_byte_are_cut_off_and_keep_nobody_out(shop: Shop, wait: Wait) -> None:
    heads = [connect(shop) for _ in range(100)]
    bodies = [connect(shop) for _ in range(100)]
    for connection in heads:
        connection.sendall(b"GET /payments HTTP/1.1\r\nHost:")
    for connection in bodies:
        connection.sendall(f"POST /payments HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n".encode())
    open_ones = heads + bodies

    def drip() -> bool:
        for connection in list(open_ones):
            connection.settimeout(0.001)
            try:
                connection.send(b"x")
                answer = connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                answer = b""
            open_ones.remove(connection) if not answer or b" 408 " in answer else None
        assert requests.get(f"{shop.url}/health", timeout=30).ok
        return not open_ones

    wait("every slow client is cut off", 90, drip)
    for connection in heads + bodies:
        connection.close()
