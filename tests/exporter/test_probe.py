"""Probes of real servers: good ones, and those that refuse, hang, drip, redirect or talk nonsense."""

from __future__ import annotations

import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from payment_catalog.exporter_metrics import probe as metrics
from payment_exporter.collectors.probe import ProbeCollector
from payment_exporter.configuration import Probe
from payment_exporter.probing.failure_log import MOST_REMEMBERED, FailureLog
from payment_exporter.probing.http_probe import LARGEST_BODY
from payment_exporter.probing.prober import Prober
from payment_exporter.probing.targets import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.core import Metric as MetricFamily

#: Seconds for what answers at once, on a machine that is busy; and for what never does.
PATIENCE = 20.0
SHORT = 0.5

READY = json.dumps({"status": "ready", "checks": {"database": {"up": True, "required": True}}}).encode()
NOT_READY = json.dumps(
    {"status": "not ready", "checks": {"database": {"up": False, "required": True}, "redis": {"up": True}}}
).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's ``routes`` say, and notes what was asked."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        answer = self.server.routes.get(self.path, (404, b""))
        if callable(answer):
            answer(self)
            return
        status, body = answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A service on a free port of the loopback."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, routes: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes = {"/health": (200, b'{"status": "ok"}'), "/ready": (200, READY), **routes}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *arguments: Any) -> None:
        """A client that has gone is what these tests are about."""


@contextmanager
def serving(routes: dict[str, Any] | None = None) -> Iterator[Server]:
    with Server(routes or {}) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def good() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def refusing() -> Iterator[str]:
    """An address where nobody listens, and nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that sends the same bytes to everyone and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def hang(handler: Handler) -> None:
    handler.server.released.wait(60)


def drip_head(handler: Handler) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Long: " + b"x" * 400 + b"\r\n\r\nok")


def drip_body(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n")
    _drip(handler, b" " * 400)


def _drip(handler: Handler, answer: bytes) -> None:
    for byte in answer:
        handler.wfile.write(bytes([byte]))
        if handler.server.released.wait(0.05):
            return


def endless(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not handler.server.released.is_set():
        handler.wfile.write(b" " * 65536)


def figures(families: Iterable[MetricFamily]) -> dict[tuple[str, ...], float]:
    """Each figure but durations, by the last part of its name and its labels."""
    return {
        (sample.name.removeprefix("payment_probe_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if family.name != metrics.DURATION.name
    }


def probe(url: str, limit: float = PATIENCE) -> dict[tuple[str, ...], float]:
    configuration = Probe(targets=(url,))
    return figures(Prober(configuration, None).probe(parse_target(url, configuration), limit))


def test_a_service_that_is_well(good: Server) -> None:
    assert probe(good.url) == {
        ("success", good.url, "health"): 1,
        ("success", good.url, "ready"): 1,
        ("http_status_code", good.url, "health"): 200,
        ("http_status_code", good.url, "ready"): 200,
        ("dependency_up", good.url, "database"): 1,
    }


def test_a_service_that_is_not_ready_says_what_it_lacks() -> None:
    with serving({"/ready": (503, NOT_READY)}) as server:
        assert probe(server.url) == {
            ("success", server.url, "health"): 1,
            ("success", server.url, "ready"): 0,
            ("http_status_code", server.url, "health"): 200,
            ("http_status_code", server.url, "ready"): 503,
            ("dependency_up", server.url, "database"): 0,
            ("dependency_up", server.url, "redis"): 1,
        }


def test_a_target_with_a_path_is_asked_below_it() -> None:
    with serving({"/pay/health": (200, b""), "/pay/ready": (200, READY)}) as server:
        Prober(Probe(targets=(f"{server.url}/pay/",)), None).probe_configured(PATIENCE)

        assert sorted(path for path, _ in server.asked) == ["/pay/health", "/pay/ready"]


def unanswered(url: str) -> dict[tuple[str, ...], float]:
    return {(name, url, endpoint): 0 for name in ("success", "http_status_code") for endpoint in ("health", "ready")}


def test_a_port_where_nobody_listens(refusing: str) -> None:
    assert probe(refusing) == unanswered(refusing)


@pytest.mark.parametrize("trouble", [hang, drip_head])
def test_a_service_that_hangs_or_drips_is_given_up(trouble: Callable[[Handler], None]) -> None:
    with serving({"/health": trouble, "/ready": trouble}) as server:
        assert probe(server.url, SHORT) == unanswered(server.url)


def test_a_body_that_drips_is_given_up_and_its_status_known() -> None:
    with serving({"/ready": drip_body}) as server:
        found = probe(server.url, 3.0)

        assert found["success", server.url, "ready"] == 0
        assert found["http_status_code", server.url, "ready"] == 200
        assert found["success", server.url, "health"] == 1


def test_a_body_without_end_is_left_where_it_is_too_long() -> None:
    with serving({"/ready": endless}) as server:
        found = probe(server.url)

        assert found["success", server.url, "ready"] == 0
        assert found["http_status_code", server.url, "ready"] == 200


@pytest.mark.parametrize(("size", "success"), [(LARGEST_BODY, 1), (LARGEST_BODY + 1, 0)])
def test_a_report_may_have_64_kib(size: int, success: int) -> None:
    with serving({"/ready": (200, READY.ljust(size))}) as server:
        found = probe(server.url)

        assert found["success", server.url, "ready"] == success
        assert (("dependency_up", server.url, "database") in found) is bool(success)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n",
        bytes(range(256)) * 100,
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_nonsense_is_a_failed_probe_and_nothing_more(raw: bytes) -> None:
    with answering(raw) as url:
        found = probe(url)

        assert found["success", url, "health"] == 0
        assert found["success", url, "ready"] == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(good: Server, status: int) -> None:
    def redirect(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Location", f"{good.url}{handler.path}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving({"/health": redirect, "/ready": redirect}) as server:
        found = probe(server.url)

        assert found["success", server.url, "health"] == 0
        assert found["http_status_code", server.url, "health"] == status
        assert len(server.asked) == 2
    assert good.asked == []


def test_no_proxy_no_credentials_and_no_cookie_are_sent(
    good: Server, refusing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def cookie(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n")

    netrc = tmp_path / ".netrc"
    netrc.write_text("default login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, refusing)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    good.routes["/health"] = cookie
    prober = Prober(Probe(targets=(good.url,)), None)

    for _ in range(2):
        assert figures(prober.probe_configured(PATIENCE))["success", good.url, "health"] == 1

    sent = {header.lower() for _, headers in good.asked for header in headers}
    assert sent == {"host", "user-agent", "accept", "accept-encoding", "connection"}


@pytest.mark.parametrize(("status", "success"), [(200, 1), (302, 1), (404, 1), (500, 0), (503, 0)])
def test_the_gateway_is_reachable_when_it_answers_below_500(status: int, success: int) -> None:
    with serving({"/": (status, b"")}) as server:
        found = figures(Prober(Probe(targets=()), server.url).probe_configured(PATIENCE))

        assert found == {
            ("success", server.url, "gateway"): success,
            ("http_status_code", server.url, "gateway"): status,
        }


def test_a_gateway_that_refuses_is_not_reachable(refusing: str) -> None:
    found = figures(Prober(Probe(targets=()), refusing).probe_configured(PATIENCE))

    assert found == {("success", refusing, "gateway"): 0, ("http_status_code", refusing, "gateway"): 0}


def test_many_that_hang_cost_only_their_own_figures(good: Server, refusing: str) -> None:
    with serving() as hanging:
        urls = [f"{hanging.url}/{number}" for number in range(60)]
        hanging.routes.update({f"/{number}/{end}": hang for number in range(60) for end in ("health", "ready")})
        configuration = Probe(targets=(*urls, good.url, refusing))
        collector = ProbeCollector(configuration, good.url, timeout=60)
        found = figures(collector.collect(within=4))
        collector.close()

    assert all(found["success", url, "health"] == found["success", url, "ready"] == 0 for url in urls)
    assert found["success", refusing, "health"] == 0
    assert found["success", good.url, "health"] == found["success", good.url, "ready"] == 1
    assert found["success", good.url, "gateway"] == 1
    assert found["dependency_up", good.url, "database"] == 1


def test_a_name_that_is_looked_up_forever_holds_up_nobody(good: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, released, waited_for = socket.getaddrinfo, threading.Event(), threading.Event()

    def slow(host: Any, *arguments: Any, **options: Any) -> Any:
        if host in {"slow.test", b"slow.test"}:
            if not released.wait(20):
                waited_for.set()
            raise socket.gaierror(socket.EAI_AGAIN, "given up")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    named = good.url.replace("127.0.0.1", "localhost")
    configuration = Probe(targets=("http://slow.test", named))
    try:
        found = figures(ProbeCollector(configuration, None, timeout=4).collect())
        assert not waited_for.is_set()
    finally:
        released.set()

    assert found["success", "http://slow.test:80", "health"] == 0
    assert found["success", named, "health"] == 1


def test_two_spellings_of_one_service_make_one_series(good: Server) -> None:
    named = good.url.replace("127.0.0.1", "localhost")
    collector = ProbeCollector(Probe(targets=(named, named.upper().replace("HTTP", "http"), f"{named}/")), None, 20)
    registry = CollectorRegistry()
    registry.register(collector)

    page = generate_latest(registry).decode()
    series = [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]

    assert len(series) == len(set(series)) == 7
    declared = {metric.name: metric.label_names for metric in metrics.METRICS}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            assert set(sample.labels) == set(declared[family.name])


def test_one_prober_serves_many_threads(good: Server, refusing: str) -> None:
    with serving({"/ready": (503, NOT_READY)}) as unready:
        configuration = Probe(targets=(good.url, unready.url, refusing))
        prober = Prober(configuration, None)
        targets = [parse_target(url, configuration) for url in configuration.targets] * 8
        with ThreadPoolExecutor(12) as pool:
            found = list(pool.map(lambda target: figures(prober.probe(target, PATIENCE)), targets))

    for target, figure in zip(targets, found, strict=True):
        assert {key[1] for key in figure} == {target.url}
        assert figure["success", target.url, "ready"] == (target.url == good.url)
        assert figure["success", target.url, "health"] == (target.url != refusing)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = sorted(f"{record.levelname} {record.getMessage()}" for record in caplog.records)
    caplog.clear()
    return found


def test_a_reason_is_logged_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="payment_exporter")
    with serving({"/health": (500, b"card 4111111111111111")}) as server:
        prober = Prober(Probe(targets=(server.url,)), None)

        prober.probe_configured(PATIENCE)
        assert lines(caplog) == [f"WARNING probe failed target={server.url} endpoint=health reason=status 500"]
        prober.probe_configured(PATIENCE)
        assert lines(caplog) == []
        server.routes["/health"] = (302, b"")
        prober.probe_configured(PATIENCE)
        assert lines(caplog) == [f"WARNING probe failed target={server.url} endpoint=health reason=status 302"]
        server.routes["/health"] = (200, b"")
        prober.probe_configured(PATIENCE)
        assert lines(caplog) == [f"INFO probe succeeds again target={server.url} endpoint=health"]
    prober.probe_configured(PATIENCE)
    assert lines(caplog) == [
        f"WARNING probe failed target={server.url} endpoint={endpoint} reason=Connection refused"
        for endpoint in ("health", "ready")
    ]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (hang, "no whole answer within the time limit"),
        (endless, "the answer is longer than 65536 bytes"),
        (lambda handler: handler.wfile.write(b"4111111111111111\r\n\r\n"), "the answer is not valid HTTP"),
    ],
    ids=["hangs", "endless", "nonsense"],
)
def test_a_reason_is_in_words_and_holds_nothing_of_the_answer(
    trouble: Callable[[Handler], None], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving({"/health": trouble}) as server:
        probe(server.url, 3.0 if trouble is hang else PATIENCE)

        assert lines(caplog) == [f"WARNING probe failed target={server.url} endpoint=health reason={reason}"]


def test_an_unknown_name_is_said(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert probe("http://nobody.test")["success", "http://nobody.test:80", "health"] == 0
    assert lines(caplog)[0].endswith("endpoint=health reason=Name or service not known")


def test_the_memory_of_failures_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    failures = FailureLog()
    for number in range(MOST_REMEMBERED + 1):
        failures.note(f"http://{number}.test:80", "health", "refused")
    caplog.clear()

    failures.note(f"http://{MOST_REMEMBERED}.test:80", "health", "refused")
    assert lines(caplog) == []
    failures.note("http://0.test:80", "health", "refused")
    assert lines(caplog) == ["WARNING probe failed target=http://0.test:80 endpoint=health reason=refused"]
