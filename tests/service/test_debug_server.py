"""The debug port answers this machine's tools whatever the event loop does, and nobody else."""

from __future__ import annotations

import asyncio
import http.client
import socket
import sys
import threading
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from waiting import wait_until

from payment_catalog.errors import ForeseenError
from payment_service.debug.server import HOST, DebugServer

if TYPE_CHECKING:
    from collections.abc import Iterator

INDEX = "/debug/pprof/"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


@pytest.fixture
def server(loop: asyncio.AbstractEventLoop) -> Iterator[DebugServer]:
    with DebugServer(0, loop) as server:
        yield server


def ask(
    server: DebugServer, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, str, http.client.HTTPMessage]:
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=90)) as connection:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace"), response.headers


def ask_raw(server: DebugServer, request: bytes) -> str:
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(request)
        parts = iter(lambda: connection.recv(65536), b"")
        return b"".join(parts).decode()


def test_the_index_leads_to_the_profiles(server: DebugServer) -> None:
    status, page, headers = ask(server, INDEX)
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    for name in ("goroutine", "heap", "profile"):
        assert f'href="/debug/pprof/{name}?debug=1"' in page


def test_it_answers_while_the_loop_is_blocked(server: DebugServer, loop: asyncio.AbstractEventLoop) -> None:
    blocked, released = threading.Event(), threading.Event()

    def block_the_loop() -> None:
        blocked.set()
        released.wait(60)

    loop.call_soon_threadsafe(block_the_loop)
    try:
        assert blocked.wait(30)
        status, text, _ = ask(server, "/debug/pprof/goroutine?debug=2")
    finally:
        released.set()
    assert status == 200
    assert "block_the_loop" in text


@pytest.mark.parametrize("path", ["goroutine?debug=1", "heap?debug=1&seconds=1", "heap?debug=1&seconds=0"])
def test_debug_gives_text(server: DebugServer, path: str) -> None:
    status, text, headers = ask(server, INDEX + path)
    assert status == 200
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.startswith(f"{path.partition('?')[0]} profile: ")


@pytest.mark.parametrize("name", ["goroutine", "heap?seconds=1", "profile?seconds=1"])
def test_without_debug_a_file_comes(server: DebugServer, name: str) -> None:
    status, _, headers = ask(server, INDEX + name)
    assert status == 200
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == f'attachment; filename="{name.partition("?")[0]}.pb.gz"'


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("profile?seconds=0", "seconds: found '0'; allowed: whole numbers from 1 to 60"),
        ("profile?seconds=61", "seconds: found '61'; allowed: whole numbers from 1 to 60"),
        ("profile?seconds=abc", "seconds: found 'abc'; allowed: whole numbers from 1 to 60"),
        ("profile?seconds=%D9%A3", r"seconds: found '\u0663'; allowed: whole numbers from 1 to 60"),
        ("profile?seconds=", "seconds: found ''; allowed: whole numbers from 1 to 60"),
        ("profile?seconds=1&seconds=2", "seconds: found more than once; allowed: once"),
        ("goroutine?debug=3", "debug: found '3'; allowed: whole numbers from 0 to 2"),
        ("heap?depth=26", "depth: found '26'; allowed: whole numbers from 1 to 25"),
        ("heap?gc=1", "parameter 'gc' is unknown; allowed: seconds, depth, debug"),
        ("heap?" + "&".join(["debug=1"] * 20), "more than 10 parameters; allowed: seconds, depth, debug"),
    ],
)
def test_a_bad_parameter_is_refused_with_what_is_allowed(server: DebugServer, path: str, message: str) -> None:
    status, text, _ = ask(server, INDEX + path)
    assert (status, text) == (400, message + "\n")


def test_other_paths_are_not_there(server: DebugServer) -> None:
    assert ask(server, "/debug/pprof/cmdline")[0] == 404
    assert ask(server, "/")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_only_get_is_answered(server: DebugServer, method: str) -> None:
    status, _, headers = ask(server, INDEX, method)
    assert status == 405
    assert headers["Allow"] == "GET"


@pytest.mark.parametrize("host", ["localhost:6060", "LOCALHOST", "127.0.0.1:16060", "[::1]:6060"])
def test_the_names_of_this_machine_are_welcome(server: DebugServer, host: str) -> None:
    assert ask(server, INDEX, headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:6060", "localhost.evil.example", "10.0.0.1", "", "localhost@evil.example"]
)
def test_a_foreign_host_is_refused(server: DebugServer, host: str) -> None:
    status, text, _ = ask(server, INDEX, headers={"Host": host})
    assert status == 403
    assert text == f"Host: found {host!r}; allowed: localhost, 127.0.0.1, [::1]\n"


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET /debug/pprof/ HTTP/1.0\r\n\r\n", 403),
        (b"GET /debug/pprof/ HTTP/1.0\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET http://evil.example/debug/pprof/ HTTP/1.0\r\nHost: localhost\r\n\r\n", 400),
        (b"GET //[/debug/pprof/ HTTP/1.0\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /\xff\x01 HTTP/1.0\r\nHost: localhost\r\n\r\n", 404),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_odd_requests_get_an_answer(server: DebugServer, request_text: bytes, status: int) -> None:
    assert f" {status} " in ask_raw(server, request_text).partition("\r\n")[0]
    assert ask(server, INDEX)[0] == 200


def test_a_web_page_cannot_ask(server: DebugServer) -> None:
    assert ask(server, INDEX, headers={"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert ask(server, INDEX, headers={"Sec-Fetch-Site": "none"})[0] == 200


def test_another_address_does_not_reach_it(server: DebugServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=10).close()


def test_a_second_profile_of_a_kind_has_to_wait(server: DebugServer) -> None:
    first = threading.Thread(target=ask, args=(server, "/debug/pprof/heap?seconds=60"))
    first.start()
    try:
        wait_until("tracing", tracemalloc.is_tracing)
        status, text, _ = ask(server, "/debug/pprof/heap?seconds=1")
        assert (status, text) == (503, "another heap profile is being taken; ask again\n")
        assert ask(server, "/debug/pprof/goroutine?debug=1")[0] == 200
    finally:
        server.stop()
        first.join(30)
    assert not first.is_alive()
    assert sys.getswitchinterval() == pytest.approx(0.005)


def test_too_many_at_once_are_refused_and_others_answered_again(server: DebugServer) -> None:
    idle = [socket.create_connection((HOST, server.port), timeout=30) for _ in range(8)]
    try:
        assert " 503 " in ask_raw(server, b"")
    finally:
        for connection in idle:
            connection.close()
    wait_until("an answer", lambda: ask(server, INDEX)[0] == 200)


def test_a_taken_port_is_named_with_its_setting(loop: asyncio.AbstractEventLoop) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        message = rf"^127\.0\.0\.1:{port}: already in use; choose another with DEBUG_PORT$"
        with pytest.raises(ForeseenError, match=message):
            DebugServer(port, loop).start()


def test_a_worker_takes_the_next_free_port(loop: asyncio.AbstractEventLoop) -> None:
    with DebugServer(0, loop) as first, DebugServer(first.port, loop, tries=50) as second:
        assert first.port < second.port < first.port + 50
        assert ask(second, INDEX)[0] == 200


def test_it_stops_and_starts_again(loop: asyncio.AbstractEventLoop) -> None:
    server = DebugServer(0, loop)
    for _ in range(2):
        server.start()
        assert ask(server, INDEX)[0] == 200
        port = server.port
        server.stop()
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), timeout=10).close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("payment-debug")]
