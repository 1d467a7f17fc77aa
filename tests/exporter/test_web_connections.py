"""Clients that are slow, many or rude, on real connections."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from exporter.certificates import LOOPBACK, Authority
from exporter.test_web_server import Slow, serving, until_it_ends
from sockets import trickle
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from waiting import wait_until

from payment_exporter.web.connections import ConnectionLimits
from payment_exporter.web.listener import Listener

if TYPE_CHECKING:
    from pathlib import Path

#: Short for what is to happen, so long for what is not that no test could wait for it.
SHORT, NEVER = 0.3, 600
#: Short, and still enough for a first request on a busy machine.
ENOUGH = 1.5


def limits(**changed: Any) -> ConnectionLimits:
    return ConnectionLimits(**{"head_seconds": NEVER, "answer_seconds": NEVER, "idle_seconds": NEVER, **changed})


def connect(port: int) -> closing[socket.socket]:
    return closing(socket.create_connection(("127.0.0.1", port), timeout=30))


def answer(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as file:
        length = 0
        while line := file.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return file.read(length)


REQUEST = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n"


def test_a_connection_on_which_nothing_comes_is_ended() -> None:
    with serving(limits=limits(head_seconds=SHORT)) as port, connect(port) as connection:
        assert until_it_ends(connection) == b""


def test_a_head_that_comes_bit_by_bit_is_cut() -> None:
    with serving(limits=limits(head_seconds=SHORT)) as port, connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert trickle(connection, b"x") == b""


@pytest.mark.parametrize("part", [b"\r\n", b"GET"])
def test_a_second_head_is_awaited_no_longer_than_the_first(part: bytes) -> None:
    with serving(limits=limits(head_seconds=ENOUGH)) as port, connect(port) as connection:
        connection.sendall(REQUEST)
        assert answer(connection) == b"fast"
        connection.sendall(part)
        trickle(connection, part)


def test_an_answer_may_take_longer_than_a_head() -> None:
    slow = Slow()
    with serving(app=slow.app, limits=limits(head_seconds=ENOUGH)) as port, connect(port) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: app\r\n\r\n")
        assert slow.asked.wait(30)
        with connect(port) as other:
            assert until_it_ends(other) == b""  # which began later than that answer
        slow.goes_on.set()
        assert answer(connection) == b"slow"


def test_an_answer_that_takes_too_long_is_cut() -> None:
    slow = Slow()
    with serving(app=slow.app, limits=limits(answer_seconds=SHORT)) as port, connect(port) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: app\r\n\r\n")
        assert until_it_ends(connection) == b""
        slow.goes_on.set()


@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"])
def test_a_client_that_does_not_read_its_answer_is_left(header: bytes) -> None:
    large = b"x" * 20_000_000

    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse(large)

    app = Starlette(routes=[Route("/", page)])
    with serving(app=app, limits=limits(answer_seconds=ENOUGH, connections=1)) as port, connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: app\r\n" + header + b"\r\n")
        wait_until("there is room for another client", lambda: is_served(port))
        assert len(until_it_ends(connection)) < len(large)


def is_served(port: int) -> bool:
    with connect(port) as connection:
        try:
            connection.sendall(REQUEST)
            return connection.recv(1) == b"H"
        except (ConnectionResetError, BrokenPipeError):
            return False


def test_a_body_that_comes_bit_by_bit_does_not_keep_the_connection() -> None:
    with serving(limits=limits(head_seconds=SHORT)) as port, connect(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 1000000\r\n\r\n")
        assert trickle(connection, b"x").endswith(b"fast")


def test_requests_one_behind_the_other_are_answered() -> None:
    with serving() as port, connect(port) as connection:
        connection.sendall(REQUEST * 2 + b"GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
        assert until_it_ends(connection).count(b"HTTP/1.1 200 OK") == 3


def test_what_is_no_http_is_refused() -> None:
    with serving() as port, connect(port) as connection:
        connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")
        assert until_it_ends(connection).startswith(b"HTTP/1.1 400 ")


def test_nonsense_behind_an_answer_ends_the_connection_quietly(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as port, connect(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert answer(connection) == b"fast"
        connection.sendall(b"no chunk\r\n")
        assert until_it_ends(connection) == b""
    assert caplog.records == []


def test_more_connections_than_allowed_are_closed_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with serving(limits=limits(connections=2)) as port:
        with connect(port) as first, connect(port) as second:
            for connection in (first, second):
                connection.sendall(REQUEST)
                assert answer(connection) == b"fast"
            for _ in range(5):
                with connect(port) as another:
                    assert until_it_ends(another) == b""
            first.sendall(REQUEST)
            assert answer(first) == b"fast"
        wait_until("there is room again", lambda: is_served(port))
    assert caplog.text.count("connection refused reason=too_many limit=2 client=127.0.0.1") == 1


def test_the_end_of_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    no_delay: list[int] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        no_delay.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def connect_once() -> None:
        listener = Listener(("127.0.0.1", 0), 1)
        async with await asyncio.start_server(note, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()

    asyncio.run(connect_once())
    assert no_delay == [1]


def test_clients_in_the_midst_of_a_handshake_count(tmp_path: Path) -> None:
    authority = Authority("ours")
    authority.issue(LOOPBACK).write(tmp_path, "server")
    file = tmp_path / "web.yml"
    file.write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}")
    with serving(file, limits=limits(connections=2)) as port, connect(port), connect(port):
        wait_until("the third is refused", lambda: is_closed(port))


def is_closed(port: int) -> bool:
    with connect(port) as connection:
        connection.settimeout(0.2)
        try:
            return until_it_ends(connection) == b""
        except TimeoutError:
            return False
