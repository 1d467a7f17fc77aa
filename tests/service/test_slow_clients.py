"""Clients that send or read slowly, on real connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response
from sockets import trickle
from waiting import wait_until

from payment_service.server.options import ServerOptions
from payment_service.server.slow_clients import ClientLimits, GuardedProtocol, RequestDeadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Message

#: Short for what is to happen, so long for what is not that no test could wait for it.
SHORT, NEVER = 0.3, 600.0
#: Short, and still enough for a first request on a busy machine.
ENOUGH = 1.5
PATIENT = ClientLimits(head_seconds=NEVER, body_seconds=NEVER, read_seconds=NEVER)
LARGE = b"x" * 20_000_000


class Service:
    """What is served, and what became of its requests."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.bodies: list[bytes] = []
        self.connections: set[Any] = set()
        self.goes_on = threading.Event()

        @self.app.post("/read")
        async def read(request: Request) -> int:
            self.bodies.append(await request.body())
            return len(self.bodies[-1])

        @self.app.post("/ignore")
        @self.app.get("/ignore")
        async def ignore() -> str:
            return "ignored"

        @self.app.post("/hesitate")
        async def hesitate(request: Request) -> int:
            await asyncio.to_thread(self.goes_on.wait, 30)
            return len(await request.body())

        @self.app.get("/large")
        async def large() -> Response:
            return Response(LARGE)


@contextmanager
def served(limits: ClientLimits) -> Iterator[tuple[Service, Callable[[], socket.socket]]]:
    """Serve in a thread; yields the service, and what opens a connection to it."""
    service = Service()
    server = uvicorn.Server(ServerOptions(lambda: service.app, clients=limits, drain_seconds=1).uvicorn_config())
    service.connections = server.server_state.connections
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def connect() -> socket.socket:
            connections.append(socket.create_connection(address, timeout=30))
            return connections[-1]

        try:
            yield service, connect
        finally:
            for connection in connections:
                connection.close()
            service.goes_on.set()
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()


def everything(connection: socket.socket) -> bytes:
    """Return what the server sends until it closes the connection."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer and return its status line and its body; the connection stays open."""
    with connection.makefile("rb") as file:
        status, length = file.readline().strip(), 0
        while line := file.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, file.read(length)


def post(path: str, length: int, body: bytes = b"") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n".encode() + body


def limits(**changed: Any) -> ClientLimits:
    values = {"head_seconds": NEVER, "body_seconds": NEVER, "read_seconds": NEVER, **changed}
    return ClientLimits(**values)


def test_a_connection_on_which_nothing_comes_is_closed() -> None:
    with served(limits(head_seconds=SHORT)) as (_, connect):
        assert everything(connect()) == b""


@pytest.mark.parametrize("part", [b"x", b"X-Header: y\r\n"])
def test_a_head_that_comes_bit_by_bit_is_refused(part: bytes) -> None:
    with served(limits(head_seconds=SHORT)) as (_, connect):
        connection = connect()
        connection.sendall(b"GET /ignore HTTP/1.1\r\nHost: app\r\nX-Slow: ")
        assert trickle(connection, part).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.parametrize("part", [b"\r\n", b"GET / HTTP/1.1\r\n"])
def test_a_second_head_is_awaited_no_longer_than_the_first(part: bytes) -> None:
    with served(limits(head_seconds=ENOUGH)) as (_, connect):
        connection = connect()
        connection.sendall(b"GET /ignore HTTP/1.1\r\nHost: app\r\n\r\n")
        assert answer(connection) == (b"HTTP/1.1 200 OK", b'"ignored"')
        connection.sendall(part)
        trickle(connection, b"\r\n" if part == b"\r\n" else b"x")


def test_a_head_that_grows_without_end_is_refused() -> None:
    with served(PATIENT) as (_, connect):
        connection = connect()
        connection.sendall(b"GET /ignore HTTP/1.1\r\nHost: app\r\n")
        received = trickle(connection, b"X-Header: " + b"y" * 10_000 + b"\r\n")
        assert received.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n") or received == b""


def test_a_body_that_comes_bit_by_bit_is_refused() -> None:
    with served(limits(body_seconds=SHORT)) as (service, connect):
        connection = connect()
        connection.sendall(post("/read", 1_000_000))
        received = trickle(connection, b"x")
        assert received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"connection: close\r\n" in received.lower()
        assert service.bodies == []


def test_a_body_that_nobody_reads_does_not_keep_the_connection() -> None:
    with served(limits(body_seconds=SHORT)) as (_, connect):
        connection = connect()
        connection.sendall(post("/ignore", 1_000_000))
        assert trickle(connection, b"x").startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_does_not_read_its_answer_is_left() -> None:
    with served(limits(read_seconds=ENOUGH)) as (service, connect):
        connection = connect()
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: app\r\n\r\n")
        wait_until("the connection is there", lambda: service.connections)
        wait_until("the connection is gone", lambda: not service.connections)
        assert len(everything(connection)) < len(LARGE)


def test_a_large_answer_reaches_a_client_that_reads() -> None:
    with served(PATIENT) as (_, connect):
        connection = connect()
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
        assert everything(connection).endswith(b"\r\n\r\n" + LARGE)


def test_a_body_in_pieces_that_is_in_time_is_read() -> None:
    with served(PATIENT) as (service, connect):
        connection = connect()
        connection.sendall(post("/read", 6))
        for part in (b"ab", b"cd", b"ef"):
            connection.sendall(part)
        assert answer(connection) == (b"HTTP/1.1 200 OK", b"6")
        assert service.bodies == [b"abcdef"]


def test_requests_one_behind_the_other_are_answered() -> None:
    with served(PATIENT) as (_, connect):
        connection = connect()
        connection.sendall(post("/read", 200_000, b"x" * 200_000) + post("/read", 3, b"abc"))
        connection.sendall(b"GET /ignore HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
        received = everything(connection)
        assert received.count(b"HTTP/1.1 200 OK") == 3


def test_a_service_that_hesitates_does_not_count_against_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed: list[None] = []
    late = GuardedProtocol._late

    def counted(protocol: GuardedProtocol) -> None:
        elapsed.append(None)
        late(protocol)

    monkeypatch.setattr(GuardedProtocol, "_late", counted)
    with served(limits(head_seconds=ENOUGH)) as (service, connect):
        connection = connect()
        connection.sendall(post("/hesitate", 3, b"abc") + b"GET /ignore HTT")
        wait_until("the second head is late", lambda: elapsed)
        service.goes_on.set()
        assert answer(connection) == (b"HTTP/1.1 200 OK", b"3")


def test_a_late_body_is_answered_by_the_applications_own_handler() -> None:
    app = FastAPI()

    @app.exception_handler(408)
    async def late(request: Request, error: Exception) -> Response:
        return Response("too late", 408)

    @app.post("/")
    async def read(request: Request) -> int:
        return len(await request.body())

    assert in_process(RequestDeadline(app, 0.01)) == (408, b"too late")


def test_a_late_body_is_answered_where_the_application_has_no_handler() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    assert in_process(RequestDeadline(app, 0.01)) == (408, b"Request Timeout")


def test_a_client_may_take_its_time_to_leave() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert not (await receive()).get("more_body")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.1)
        await Response("done")(scope, receive, send)

    assert in_process(RequestDeadline(app, 0.01), {"type": "http.request", "body": b""}) == (200, b"done")


def in_process(app: Any, *incoming: Message) -> tuple[int, bytes]:
    """Send a request, the rest of whose body never comes, and return status and body of the answer."""
    waiting, sent = list(incoming), []

    async def receive() -> Message:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
