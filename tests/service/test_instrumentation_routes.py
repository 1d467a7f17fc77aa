"""Labels are templates, never what a client sent."""

from __future__ import annotations

import asyncio
import random
import string
from collections import Counter
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router
from starlette.staticfiles import StaticFiles

from payment_catalog.http_metrics import HTTP_METHODS, HTTP_METRICS
from payment_service.instrumentation import Instrumentation, instrument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Message, Scope


def labels_of(app: Any, given: Instrumentation, method: str, url: str) -> tuple[str, str]:
    """Return route and code under which one request is counted."""

    async def ask() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            await client.request(method, url)

    before = requests(given)
    asyncio.run(ask())
    (added,) = requests(given) - before
    return added


def requests(given: Instrumentation) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (sample.labels["route"], sample.labels["code"]): int(sample.value)
            for family in given.registry.collect()
            for sample in family.samples
            if sample.name == "http_requests_total"
        }
    )


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


class Thing(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return await echo(request)


async def anything(scope: Scope, receive: Any, send: Any) -> None:
    await PlainTextResponse("anything")(scope, receive, send)


def fastapi_application() -> FastAPI:
    app, inner, outer, mounted = FastAPI(), APIRouter(prefix="/inner"), APIRouter(), FastAPI()

    @inner.get("/items/{item}")
    def item(item: str) -> str:
        return item

    @inner.get("/files/{name:path}")
    def file(name: str) -> str:
        return name

    @inner.post("/")
    def root() -> None:
        pass

    @mounted.get("/deep/{item}")
    def deep(item: str) -> str:
        return item

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    outer.include_router(inner, prefix="/tenants/{tenant}")
    app.include_router(outer, prefix="/v1")
    app.include_router(outer, prefix="/v2")
    app.include_router(inner, prefix="/numbers/{number:float}")
    app.mount("/mounted", mounted)
    app.mount("/shops/{item}", mounted)
    app.mount("/wrapped", GZipMiddleware(mounted))
    app.mount("/raw", anything)
    return app


@pytest.mark.parametrize(
    ("method", "path", "route", "code"),
    [
        ("GET", "/v1/tenants/acme/inner/items/42", "/v1/tenants/{tenant}/inner/items/{item}", "200"),
        ("GET", "/v2/tenants/acme/inner/items/42", "/v2/tenants/{tenant}/inner/items/{item}", "200"),
        ("GET", "/v1/tenants/v1/inner/items/tenants", "/v1/tenants/{tenant}/inner/items/{item}", "200"),
        ("GET", "/v1/tenants/a%20b/inner/items/inner", "/v1/tenants/{tenant}/inner/items/{item}", "200"),
        ("GET", "/v1/tenants/acme/inner/files/a/b/c", "/v1/tenants/{tenant}/inner/files/{name}", "200"),
        ("GET", "/numbers/1/inner/items/42", "/numbers/{number}/inner/items/{item}", "200"),
        ("POST", "/v1/tenants/acme/inner/", "/v1/tenants/{tenant}/inner/", "200"),
        ("POST", "/v1/tenants/acme/inner", "unmatched", "307"),
        ("GET", "/v1/tenants/acme/inner/items/42/", "unmatched", "307"),
        ("DELETE", "/v1/tenants/acme/inner/items/42", "/v1/tenants/{tenant}/inner/items/{item}", "405"),
        ("GET", "/mounted/deep/42", "/mounted/deep/{item}", "200"),
        ("GET", "/shops/7/deep/42", "/shops/{item}/deep/{item}", "200"),
        ("GET", "/wrapped/deep/42", "/wrapped/deep/{item}", "200"),
        ("GET", "/mounted/nowhere/42", "unmatched", "404"),
        ("GET", "/mounted/deep/42/", "unmatched", "307"),
        ("GET", "/raw/nowhere/42", "/raw/{path}", "200"),
        ("GET", "/nowhere/42", "unmatched", "404"),
        ("GET", "/openapi.json", "/openapi.json", "200"),
        ("GET", "/broken", "/broken", "500"),
    ],
)
def test_a_request_to_fastapi_is_counted_under_its_template(method: str, path: str, route: str, code: str) -> None:
    app = fastapi_application()
    assert labels_of(app, instrument(app), method, path) == (route, code)


@pytest.mark.parametrize(
    ("url", "route", "code"),
    [
        ("/a/1", "/a/{item}", "200"),
        ("/b/1", "/b/{item}", "200"),
        ("/thing/1", "/thing/{item}", "200"),
        ("/sub/7/c/1", "/sub/{item}/c/{item}", "200"),
        ("/sub/7/thing/a/b", "/sub/{item}/thing/{rest}", "200"),
        ("/sub/7/nowhere", "unmatched", "404"),
        ("/sub/7/c/1/", "unmatched", "307"),
        ("/static/known.txt", "/static/{path}", "200"),
        ("/static/unknown.txt", "/static/{path}", "404"),
        ("http://acme.example.com/home/1", "/home/{item}", "200"),
    ],
)
def test_a_request_to_starlette_is_counted_under_its_template(url: str, route: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "known.txt").write_text("known")
    within = [Route("/c/{item:int}", echo), Route("/thing/{rest:path}", Thing)]
    app = Starlette(
        routes=[
            Host("{tenant}.example.com", Router([Route("/home/{item}", echo)])),
            Route("/a/{item:int}", echo),
            Route("/b/{item}", echo),
            Route("/thing/{item}", Thing),
            Mount("/sub/{item}", routes=within),
            Mount("/static", StaticFiles(directory=tmp_path)),
        ]
    )
    assert labels_of(app, instrument(app), "GET", url) == (route, code)


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_a_route_that_is_added_while_the_application_serves_has_its_template(kind: type[Starlette]) -> None:
    app = kind()
    app.router.routes.append(Route("/early/{item}", echo))
    given = instrument(app)
    assert labels_of(app, given, "GET", "/late/1") == ("unmatched", "404")
    assert labels_of(app, given, "GET", "/early/1") == ("/early/{item}", "200")
    app.router.routes.append(Route("/late/{item}", echo))
    assert labels_of(app, given, "GET", "/late/1") == ("/late/{item}", "200")


def test_an_endpoint_that_no_list_of_routes_shows_has_the_template_of_its_own_route() -> None:
    hidden = Router([Route("/here/{item}", echo)])
    app = Starlette(routes=[Mount("/hidden", partial(hidden))])
    given = instrument(app)
    assert labels_of(app, given, "GET", "/hidden/here/1") == ("/here/{item}", "200")
    assert labels_of(app, given, "GET", "/hidden/here/2") == ("/here/{item}", "200")


def random_scopes(dice: random.Random) -> Iterator[Scope]:
    """Yield requests as a scanner might send them: to paths that exist, nearly exist and do not exist."""
    alphabet = string.ascii_letters + string.digits + "/%.{}é "
    words = ["".join(dice.choices(alphabet, k=dice.randint(1, 20))) for _ in range(20_000)]
    prefixes = ("/", "/items/", "/shops/", "/mounted/deep/", "/raw/")
    while True:
        one, other = dice.choice(words), dice.choice(words)
        yield {
            "type": "http",
            "method": dice.choice((*HTTP_METHODS, other.upper())),
            "path": dice.choice(prefixes) + one,
            "query_string": other.encode(),
            "headers": [(b"host", other.encode()), (other.lower().encode(), one.encode())],
            "root_path": "",
        }


def test_a_hundred_thousand_random_requests_add_no_series_beyond_the_declared_values() -> None:
    app, shops, mounted = FastAPI(), APIRouter(), FastAPI()

    @app.get("/items/{item}")
    @shops.get("/{shop}")
    @mounted.get("/deep/{deep:path}")
    async def nothing() -> None:
        pass

    app.include_router(shops, prefix="/shops")
    app.mount("/mounted", mounted)
    app.mount("/raw", anything)
    given = instrument(app)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        pass

    async def drive() -> None:
        for scope in islice(random_scopes(random.Random(1)), 100_000):
            await app(scope, receive, send)

    asyncio.run(drive())
    allowed = {
        "method": set(HTTP_METHODS),
        "route": {"unmatched", "/items/{item}", "/shops/{shop}", "/mounted/deep/{deep}", "/raw/{path}"},
        "code": {"200", "307", "404", "405"},
    }
    ours = {name for metric in HTTP_METRICS for name in metric.series_names}
    samples = [sample for family in given.registry.collect() for sample in family.samples if sample.name in ours]
    assert sum(sample.value for sample in samples if sample.name == "http_requests_total") == 100_000
    for sample in samples:
        for label, value in sample.labels.items():
            assert label == "le" or value in allowed[label], sample
