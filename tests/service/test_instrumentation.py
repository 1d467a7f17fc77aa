"""What is measured of HTTP, in any application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.routing import Route

from payment_service.instrumentation import Instrumentation, http, instrument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Message, Scope

OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def ask(app: Any, *requests: tuple[str, str], root_path: str = "", **more: Any) -> list[httpx.Response]:
    """Send requests one after another and return the answers."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return [await client.request(method, path, **more) for method, path in requests]

    return asyncio.run(all_of_them())


def exchange(app: Any, *incoming: Message, method: str = "POST") -> None:
    """Send one request as raw ASGI messages; behind them, the client waits for the end of the answer."""
    waiting = list(incoming)

    async def receive() -> Message:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message: Message) -> None:
        pass

    scope: Scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))


def counted(given: Instrumentation) -> list[dict[str, str]]:
    """Return the labels of each series of http_requests_total."""
    return [
        sample.labels
        for family in given.registry.collect()
        if family.name == "http_requests"
        for sample in family.samples
        if sample.name == "http_requests_total"
    ]


def sum_of(given: Instrumentation, name: str) -> float | None:
    return given.registry.get_sample_value(f"{name}_sum", {"method": "POST", "route": "/"})


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"hello {request.path_params['name']}")


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_three_lines_instrument_an_application(kind: type[Starlette]) -> None:
    app = kind()
    app.router.routes.append(Route("/before/{name}", hello))
    given = instrument(app)
    app.router.routes.append(Route("/after/{name}", hello))
    *_, page = ask(app, ("GET", "/before/a"), ("GET", "/after/b"), ("GET", "/metrics"))
    assert {labels["route"] for labels in counted(given)} == {"/before/{name}", "/after/{name}"}
    for route in ("/before/{name}", "/after/{name}"):
        assert f'http_requests_total{{code="200",method="GET",route="{route}"}} 1.0' in page.text
    for name in ("process_cpu_seconds_total", "asyncio_goroutines", "python_gc_pause_seconds_total"):
        assert f"\n{name}" in page.text
    assert "_created" not in page.text


def test_an_application_may_be_instrumented_into_the_default_registry() -> None:
    before = set(REGISTRY._collector_to_names)
    try:
        app = FastAPI()
        instrument(app, registry=REGISTRY)
        (page,) = ask(app, ("GET", "/metrics"))
        for name in ("process_cpu_seconds_total", "python_gc_collections_total", "http_requests_in_progress"):
            assert page.text.count(f"# TYPE {name} ") == 1
    finally:
        for collector in set(REGISTRY._collector_to_names) - before:
            REGISTRY.unregister(collector)


def test_metrics_are_shown_whatever_the_routes_say() -> None:
    app = FastAPI()

    @app.get("/{anything:path}")
    def everything(anything: str) -> str:
        return anything

    instrument(app)
    page, other = ask(app, ("GET", "/metrics"), ("POST", "/metrics"))
    assert page.headers["content-type"].startswith("text/plain")
    assert (other.status_code, other.headers["allow"]) == (405, "GET, HEAD")


def test_metrics_are_shown_nowhere_when_no_path_is_given() -> None:
    app = FastAPI()
    given = instrument(app, metrics_path=None, registry=CollectorRegistry())
    (page,) = ask(app, ("GET", "/metrics"))
    assert page.status_code == 404
    assert counted(given) == [{"method": "GET", "route": "unmatched", "code": "404"}]


def test_what_monitoring_asks_for_is_not_counted() -> None:
    app = FastAPI()

    @app.get("/health")
    def health() -> str:
        return "ok"

    given = instrument(app)
    answers = [
        *ask(app, ("GET", "/health"), ("GET", "/metrics")),
        *ask(app, ("GET", "/shop/health"), ("GET", "/shop/metrics"), root_path="/shop"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert counted(given) == []


def test_an_odd_method_is_one_value() -> None:
    app = FastAPI()
    given = instrument(app)
    ask(app, ("BREW", "/"), ("M1", "/"), ("get", "/"))
    assert {labels["method"] for labels in counted(given)} == {"OTHER", "GET"}


@pytest.mark.parametrize(
    ("status", "code"), [(200, "200"), (599, "599"), (600, "OTHER"), (0, "OTHER"), (-1, "OTHER"), (10**9, "OTHER")]
)
def test_a_status_outside_of_http_is_one_value(status: int, code: str) -> None:
    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    given = mounted(app)
    assert [labels["code"] for labels in counted(given)] == [code]


def mounted(app: Any, *incoming: Message) -> Instrumentation:
    """Instrument an application around ``app`` and send it one request."""
    outer = Starlette(routes=[Route("/", Raw(app), methods=None)])
    given = instrument(outer)
    exchange(outer, *(incoming or [{"type": "http.request"}]))
    return given


class Raw:
    """An ASGI application that Starlette takes for an endpoint."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


def test_a_failure_before_the_answer_counts_as_500_and_leaves_no_request_in_progress() -> None:
    app = FastAPI()
    given = instrument(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    (answer,) = ask(app, ("GET", "/broken"))
    assert answer.status_code == 500
    assert counted(given) == [{"method": "GET", "route": "/broken", "code": "500"}]
    assert given.registry.get_sample_value("http_requests_in_progress") == 0


def test_a_failure_within_the_answer_counts_under_the_status_that_was_sent() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        raise RuntimeError

    app = FastAPI()
    given = instrument(app)

    @app.get("/")
    def stream() -> StreamingResponse:
        return StreamingResponse(pieces())

    with pytest.raises(RuntimeError):
        exchange(app, {"type": "http.request"}, method="GET")
    assert counted(given) == [{"method": "GET", "route": "/", "code": "200"}]


@pytest.mark.parametrize("reads", ["stream", "body"])
def test_a_client_that_leaves_before_the_answer_counts_as_499(reads: str) -> None:
    app = FastAPI()
    given = instrument(app)

    @app.post("/")
    async def read(request: Request) -> int:
        return len(await request.body()) if reads == "body" else sum([len(part) async for part in request.stream()])

    try:
        exchange(app, {"type": "http.request", "body": b"abc", "more_body": True}, {"type": "http.disconnect"})
    except Exception as error:
        assert type(error).__name__ == "ClientDisconnect"  # noqa: PT017 - only some ways of reading raise it
    assert counted(given) == [{"method": "POST", "route": "/", "code": "499"}]
    assert given.registry.get_sample_value("http_requests_in_progress") == 0


def test_an_application_that_answers_nothing_counts_as_500() -> None:
    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await receive()

    assert counted(mounted(app)) == [{"method": "POST", "route": "/", "code": "500"}]


def test_sizes_are_the_bytes_that_passed_whatever_the_headers_claim() -> None:
    async def app(scope: Scope, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"12345", "more_body": True})
        await send({"type": "http.response.body", "body": b"678"})

    given = mounted(
        app, {"type": "http.request", "body": b"x" * 500, "more_body": True}, {"type": "http.request", "body": b"xy"}
    )
    assert sum_of(given, "http_request_size_bytes") == 502
    assert sum_of(given, "http_response_size_bytes") == 8
    buckets = {"method": "POST", "route": "/"}
    assert given.registry.get_sample_value("http_request_size_bytes_bucket", buckets | {"le": "100.0"}) == 0
    assert given.registry.get_sample_value("http_request_size_bytes_bucket", buckets | {"le": "1000.0"}) == 1


def test_a_request_is_in_progress_while_it_is_served() -> None:
    app, seen = FastAPI(), []
    given = instrument(app)

    @app.get("/")
    async def look() -> None:
        seen.append(given.registry.get_sample_value("http_requests_in_progress"))

    ask(app, ("GET", "/"), ("GET", "/"))
    assert seen == [1, 1]
    assert given.registry.get_sample_value("http_requests_in_progress") == 0


def test_the_time_of_a_request_ends_with_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(http, "perf_counter", lambda: clock[0])

    def advance(seconds: float) -> None:
        clock[0] += seconds

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        advance(0.25)
        await PlainTextResponse("done", background=BackgroundTask(advance, 100))(scope, receive, send)

    assert sum_of(mounted(app), "http_request_duration_seconds") == 0.25


def test_the_trace_of_a_request_is_the_exemplar_of_its_time_under_openmetrics_only() -> None:
    app = FastAPI()
    instrument(app)

    @app.get("/")
    def nothing() -> None:
        pass

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    ask(app, ("GET", "/"), headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    (openmetrics,) = ask(app, ("GET", "/metrics"), headers=OPENMETRICS)
    exemplars = [
        (family.name, sample.exemplar.labels)
        for family in parse_openmetrics(openmetrics.text)
        for sample in family.samples
        if sample.exemplar
    ]
    assert exemplars == [("http_request_duration_seconds", {"trace_id": trace})]
    (text,) = ask(app, ("GET", "/metrics"))
    assert trace not in text.text


def test_a_web_socket_passes() -> None:
    app = FastAPI()
    given = instrument(app)

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    incoming: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "websocket", "path": "/echo", "query_string": b"", "headers": [], "subprotocols": []}
    asyncio.run(app(scope, receive, send))
    assert [message.get("text") for message in sent if message["type"] == "websocket.send"] == ["hello"]
    assert counted(given) == []
