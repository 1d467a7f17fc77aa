"""What is measured of HTTP: templates, not paths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from payment_service.instrumentation import HttpMetrics
from payment_service.metrics import ServiceMetrics

if TYPE_CHECKING:
    from conftest import Service

Play = Callable[..., None]


def counted(app: FastAPI, method: str, path: str) -> dict[str, str]:
    """Return the labels under which one request is counted."""
    metrics = ServiceMetrics()
    app.add_middleware(HttpMetrics, metrics=metrics)

    async def ask() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            await client.request(method, path)

    asyncio.run(ask())
    (family,) = metrics.http_requests.collect()
    (sample,) = family.samples
    return dict(sample.labels)


def application() -> FastAPI:
    app, inner, outer, mounted = FastAPI(), APIRouter(prefix="/inner"), APIRouter(), FastAPI()

    @inner.get("/items/{item}")
    def item(item: str) -> str:
        return item

    @inner.get("/files/{name:path}")
    def file(name: str) -> str:
        return name

    @mounted.get("/deep/{item}")
    def deep(item: str) -> str:
        return item

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    outer.include_router(inner, prefix="/tenants/{tenant}")
    app.include_router(outer, prefix="/v1")
    app.mount("/mounted", mounted)
    return app


@pytest.mark.parametrize(
    ("method", "path", "route", "code"),
    [
        ("GET", "/v1/tenants/acme/inner/items/42", "/v1/tenants/{tenant}/inner/items/{item}", "200"),
        ("GET", "/v1/tenants/acme/inner/files/a/b/c", "/v1/tenants/{tenant}/inner/files/{name}", "200"),
        ("GET", "/mounted/deep/42", "/mounted/deep/{item}", "200"),
        ("GET", "/nowhere/42", "unmatched", "404"),
        ("GET", "/broken", "/broken", "500"),
    ],
)
def test_a_request_is_counted_under_its_template(method: str, path: str, route: str, code: str) -> None:
    assert counted(application(), method, path) == {"method": method, "route": route, "code": code}


def test_an_odd_method_is_one_value() -> None:
    assert counted(application(), "BREW", "/coffee")["method"] == "OTHER"


def test_random_paths_and_methods_add_no_series(play: Play) -> None:
    async def scenario(service: Service) -> None:
        for number in range(50):
            await service.stranger.request(f"M{number}", f"/{number}")
        series = [labels for name, labels in await service.samples() if name == "http_requests_total"]
        assert len(series) == 1

    play(scenario)


def test_what_monitoring_asks_for_is_not_counted(play: Play) -> None:
    async def scenario(service: Service) -> None:
        for path in ("/health", "/ready", "/metrics"):
            assert (await service.stranger.get(path)).status_code == 200
        assert not [name for name, _ in await service.samples() if name == "http_requests_total"]

    play(scenario)


def test_metrics_are_rendered_in_the_format_that_is_asked_for(play: Play) -> None:
    async def scenario(service: Service) -> None:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        openmetrics = await service.stranger.get("/metrics", headers=accept)
        assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
        assert openmetrics.text.endswith("# EOF\n")
        assert "\nsuspicious_api_calls 0.0\n" in openmetrics.text

    play(scenario)
