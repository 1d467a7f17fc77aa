"""What Grafana, or something that stands in its place, may answer: each becomes one line that says what to do."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from exporter.certificates import LOOPBACK, Authority
from grafana_stub import TOKEN, StubGrafana, stub_grafana
from sockets import free_port
from stub_server import Answer
from waiting import wait_until

from payment_bundle.grafana.api import GrafanaApi
from payment_bundle.grafana.connection import GrafanaError, RefusedError, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SEARCH = "/api/search"
SAVE = "/api/dashboards/db"


@pytest.fixture
def grafana() -> Iterator[StubGrafana]:
    with stub_grafana() as server:
        yield server


def ask(url: str, *, token: str = TOKEN, timeout: float = 5, ca_file: Path | None = None) -> None:
    with GrafanaApi(Server(url, token, timeout, ca_file, pause=0)) as api:
        api.tagged("payobs")


def save(grafana: StubGrafana) -> None:
    with GrafanaApi(Server(grafana.url, TOKEN, timeout=5, pause=0)) as api:
        api.save({"uid": "payment-a", "title": "A"}, 0, "payment-observability", "payobs push 01")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([Answer(400, {"message": "bad request data"})], "refuses it (400: bad request data)"),
        ([Answer(401, {"message": "Invalid API key"})], "does not accept the token (401: Invalid API key)"),
        (
            [Answer(403, {"message": "Access denied"})],
            "forbids it (403: Access denied); the token's account needs the role",
        ),
        ([Answer(404, {"message": "Not found"})], "does not find it (404: Not found)"),
        ([Answer(422, {})], "refuses it (422: no reason given)"),
        (
            [Answer(500, {"message": "database is locked"})] * 5,
            "is at fault (500: database is locked), after 4 retries",
        ),
        ([Answer(429, {"message": "slow down"})] * 5, "has had too many requests (429: slow down), after 4 retries"),
        ([Answer(500, {"message": f"no\n\x1b[2J {TOKEN}"})] * 5, "is at fault (500: no [2J ***)"),
        ([Answer(200, b"<html>log in</html>")], "answered 200 with something that is not Grafana's JSON"),
        ([Answer(404, b"404 page not found")], "answered 404 with something that is not Grafana's JSON"),
        ([Answer(502, b"<html>bad gateway</html>")] * 5, "answered 502 with something that is not Grafana's JSON"),
        ([Answer(200, {"status": "success"})], "answered with JSON that is not Grafana's: "),
        ([Answer(200, [{"uid": 5, "title": None}])], "answered with JSON that is not Grafana's: 0.uid"),
        (
            [Answer(302, b"", {"Location": "https://login.example.com/oauth?state=secret"})],
            "redirects to https://login.example.com/oauth (302); is that Grafana's real address, or a login before it",
        ),
        ([Answer(302, b"", {"Location": "/login"})], "redirects to /login (302)"),
        ([Answer(200, b"[" + b" " * (17 << 20))], "answers with more than 16 MiB"),
    ],
    ids=lambda value: f"{value[0].status}" if isinstance(value, list) else "",
)
def test_each_failure_is_one_line(grafana: StubGrafana, answers: list[Answer], said: str) -> None:
    grafana.answer_with("GET", SEARCH, *answers)
    with pytest.raises(GrafanaError) as caught:
        ask(grafana.url)
    assert str(caught.value).startswith(f"{grafana.url} {said}")
    assert len(str(caught.value).splitlines()) == 1
    assert TOKEN not in str(caught.value)
    assert "state=secret" not in str(caught.value)
    assert grafana.canned == []


def test_without_a_token_one_is_asked_for(grafana: StubGrafana) -> None:
    with pytest.raises(GrafanaError, match=r"asks for a token .* as --token-file"):
        ask(grafana.url, token="")


def test_a_fault_that_passes_is_waited_for(grafana: StubGrafana) -> None:
    grafana.folders["payment-observability"] = "Payments"
    grafana.answer_with("POST", SAVE, Answer(500, {"message": "database is locked"}), Answer(503, b"restarting"))
    save(grafana)
    assert set(grafana.boards) == {"payment-a"}
    assert len(grafana.sent()) == 3


def test_retry_after_is_honoured(grafana: StubGrafana) -> None:
    grafana.folders["payment-observability"] = "Payments"
    grafana.answer_with("POST", SAVE, Answer(429, {"message": "slow down"}, {"Retry-After": "1"}))
    began = monotonic()
    save(grafana)
    assert monotonic() - began >= 1
    assert set(grafana.boards) == {"payment-a"}


def test_a_retry_after_that_says_nothing_is_no_obstacle(grafana: StubGrafana) -> None:
    grafana.folders["payment-observability"] = "Payments"
    grafana.answer_with("POST", SAVE, Answer(429, {"message": "slow down"}, {"Retry-After": "soon"}))
    save(grafana)
    assert set(grafana.boards) == {"payment-a"}


def test_what_is_refused_is_not_repeated(grafana: StubGrafana) -> None:
    grafana.folders["payment-observability"] = "Payments"
    grafana.answer_with("POST", SAVE, Answer(412, {"status": "name-exists", "message": "same name"}))
    with pytest.raises(RefusedError) as caught:
        save(grafana)
    assert (caught.value.status, caught.value.kind) == (412, "name-exists")
    assert len(grafana.sent()) == 1


def test_a_server_that_hangs_is_given_up(grafana: StubGrafana) -> None:
    never = threading.Event()
    grafana.answer_with("GET", SEARCH, Answer(200, [], after=never))
    with pytest.raises(GrafanaError, match=r"does not answer within 0\.3 s"):
        ask(grafana.url, timeout=0.3)
    never.set()
    assert len(grafana.requests) == 1


def test_a_server_that_drips_is_given_up() -> None:
    """It sends a blank now and then, so that no single wait is long."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                try:
                    while not ended.wait(0.05):
                        connection.sendall(b" ")
                except OSError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(GrafanaError, match=r"does not come to the end of its answer within 0\.5 s"):
                ask(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.5)
        finally:
            ended.set()
            thread.join()


def test_nobody_there_is_said() -> None:
    with pytest.raises(GrafanaError, match="cannot be reached: Connection refused"):
        ask(f"http://127.0.0.1:{free_port()}")


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, other = Authority("payments"), Authority("other")
    certificate, key = authority.issue(LOOPBACK).write(tmp_path, "grafana")
    trusted, foreign = tmp_path / "trusted.pem", tmp_path / "foreign.pem"
    trusted.write_bytes(authority.certificate)
    foreign.write_bytes(other.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # A variable of the environment must not come before what was typed.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(foreign))
    with stub_grafana(context) as grafana:
        ask(grafana.url, ca_file=trusted)
        with pytest.raises(GrafanaError) as caught:
            ask(grafana.url, ca_file=foreign)
        with pytest.raises(GrafanaError, match="if its certificate is of an authority of your own, give --ca-file"):
            ask(grafana.url)
    assert str(caught.value).startswith(f"{grafana.url} cannot be trusted: ")
    assert len(grafana.requests) == 1


def test_a_file_without_certificates_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(GrafanaError) as caught:
        ask(f"https://127.0.0.1:{free_port()}", ca_file=empty)
    assert len(str(caught.value).splitlines()) == 1


def test_credentials_of_netrc_do_not_replace_the_token(
    grafana: StubGrafana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password wonderland\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ask(grafana.url)
    assert grafana.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_ctrl_c_ends_a_push_that_waits(grafana: StubGrafana, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    never = threading.Event()
    grafana.answer_with("GET", "/api/dashboards/uid/payment-service", Answer(200, {}, after=never))
    arguments = ("push", "grafana", "--url", grafana.url, "--token-file", str(token), "--timeout", "60")
    command = (sys.executable, "-m", "payment_bundle", *arguments)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(
            "the push asks for the dashboard", lambda: any("payment-service" in it.path for it in grafana.requests)
        )
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    never.set()
    assert process.returncode == 1
    assert out.splitlines()[-1].startswith("interrupted; ")
    assert "Traceback" not in err
