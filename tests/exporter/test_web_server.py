"""The web server over real sockets: plain HTTP, its configuration, its end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import requests
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from waiting import wait_until

from payment_catalog.errors import ForeseenError
from payment_exporter.web.connections import ConnectionLimits
from payment_exporter.web.server import WebServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp

ANY_PORT = ("127.0.0.1", 0)


class Slow:
    """An application one of whose answers takes until it is told to go on."""

    def __init__(self) -> None:
        self.asked, self.goes_on = threading.Event(), threading.Event()
        self.app = Starlette(routes=[Route("/", self._fast, methods=["GET", "POST"]), Route("/slow", self._slow)])

    async def _fast(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("fast")

    async def _slow(self, request: Request) -> PlainTextResponse:
        self.asked.set()
        await run_in_threadpool(self.goes_on.wait, 60)
        return PlainTextResponse("slow")


@contextmanager
def serving(
    configuration: Path | None = None,
    app: ASGIApp | None = None,
    limits: ConnectionLimits | None = None,
    address: str = "127.0.0.1",
) -> Iterator[int]:
    """Serve in a thread; yields the port."""
    server = WebServer(app or Slow().app, (address, 0), configuration, limits=limits)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.address[1]
    finally:
        server.stop()
        thread.join(60)
    assert not thread.is_alive()


def get(port: int, path: str = "/", **headers: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=30)


def test_plain_http_with_a_date_and_no_name_of_the_server() -> None:
    with serving() as port:
        answer = get(port)
    assert answer.text == "fast"
    assert "Date" in answer.headers
    assert "Server" not in answer.headers


def test_one_connection_serves_many_requests() -> None:
    with serving() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        used = set()
        for _ in range(3):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"fast"
            assert connection.sock is not None
            used.add(connection.sock.getsockname())
        connection.close()
    assert len(used) == 1


def test_a_taken_port_is_a_plain_error() -> None:
    with socket.create_server(ANY_PORT) as taken, pytest.raises(OSError, match="Address already in use"):
        WebServer(Slow().app, taken.getsockname())


DUAL_STACK = [("::", "127.0.0.1"), ("::", "[::1]")] if socket.has_dualstack_ipv6() else []


@pytest.mark.parametrize(("address", "host"), [("", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), *DUAL_STACK])
def test_it_listens_where_it_is_told(address: str, host: str) -> None:
    with serving(address=address) as port:
        assert requests.get(f"http://{host}:{port}/", timeout=30).text == "fast"


def test_configured_headers_are_on_every_answer_and_follow_the_file(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("http_server_config: {headers: {X-Frame-Options: deny}}")
    with serving(file) as port:
        assert get(port).headers["X-Frame-Options"] == "deny"
        assert get(port, "/nowhere").headers["X-Frame-Options"] == "deny"
        file.write_text("http_server_config: {headers: {X-Frame-Options: sameorigin}}")
        assert get(port).headers["X-Frame-Options"] == "sameorigin"


def test_a_broken_file_is_refused_at_first_and_left_aside_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "web.yml"
    file.write_text("nonsense: 1")
    with pytest.raises(ForeseenError, match="nonsense"):
        WebServer(Slow().app, ANY_PORT, file)
    file.write_text("http_server_config: {headers: {X-Frame-Options: deny}}")
    with serving(file) as port:
        for content in ("nonsense: 1", "tls_server_config: {cert: a, key: b}"):
            file.write_text(content)
            for _ in range(3):
                assert get(port).headers["X-Frame-Options"] == "deny"
    first, second = (record.getMessage() for record in caplog.records if "not taken over" in record.getMessage())
    assert f"what=web.config.file reason={file}:1: nonsense: is no setting" in first
    assert "TLS is turned on or off by a restart only" in second


def test_requests_beyond_the_rate_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("rate_limit: {interval: 1h, burst: 2}")
    with serving(file) as port:
        assert [get(port).status_code for _ in range(4)] == [200, 200, 429, 429]
        file.write_text("")
        assert get(port).status_code == 200


def test_an_answer_under_way_is_finished_when_the_server_ends() -> None:
    slow = Slow()
    server = WebServer(slow.app, ANY_PORT)
    port = server.address[1]
    thread = threading.Thread(target=server.run)
    thread.start()
    answers: list[str] = []
    client = threading.Thread(target=lambda: answers.append(get(port, "/slow").text))
    idle = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.start()
    assert slow.asked.wait(30)
    server.stop()
    wait_until("nobody is taken in any more", lambda: _is_refused(port))
    assert idle.recv(1) == b""
    idle.close()
    assert thread.is_alive()
    slow.goes_on.set()
    client.join(30)
    thread.join(30)
    assert answers == ["slow"]
    assert not thread.is_alive()


def test_an_answer_that_takes_too_long_does_not_keep_the_server() -> None:
    slow = Slow()
    server = WebServer(slow.app, ANY_PORT, limits=ConnectionLimits(grace_seconds=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    connection = socket.create_connection(server.address, timeout=30)
    connection.sendall(b"GET /slow HTTP/1.1\r\nHost: app\r\n\r\n")
    assert slow.asked.wait(30)
    server.stop()
    assert b"slow" not in until_it_ends(connection)
    slow.goes_on.set()
    thread.join(30)
    connection.close()
    assert not thread.is_alive()


def test_a_client_that_does_not_read_its_answer_does_not_keep_the_server() -> None:
    large = b"x" * 20_000_000

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(large)

    app = Starlette(routes=[Route("/", page)])
    with serving(app=app, limits=ConnectionLimits(grace_seconds=0)) as port:
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n")
        received = connection.recv(1)
    received += until_it_ends(connection)
    connection.close()
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert len(received) < len(large)


def test_requests_are_logged_at_level_debug_only(caplog: pytest.LogCaptureFixture) -> None:
    for level, lines in (("INFO", 0), ("DEBUG", 1)):
        caplog.set_level(level)
        with serving() as port:
            get(port, "/looked-for")
        said = [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]
        assert len(said) == lines
    assert '"GET /looked-for HTTP/1.1" 404' in said[0]


def _is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def until_it_ends(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


PROGRAM = """
import sys
from starlette.applications import Starlette
from payment_exporter.web.server import WebServer
server = WebServer(Starlette(), ("127.0.0.1", 0), on_hangup=lambda: print("hangup", flush=True))
print(server.address[1], flush=True)
server.run()
print("ended", flush=True)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_signals_reload_and_end_a_process(ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            assert get(port).status_code == 404
            for _ in range(2):
                process.send_signal(signal.SIGHUP)
                assert process.stdout.readline() == "hangup\n"
            assert get(port).status_code == 404
            process.send_signal(ending)
            assert process.stdout.readline() == "ended\n"
            assert process.wait(30) == 0
        finally:
            process.kill()
