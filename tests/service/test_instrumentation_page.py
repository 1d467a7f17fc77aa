"""The metrics page: formats, compression, and that it is rendered beside the event loop."""

from __future__ import annotations

import asyncio
import gzip
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, strategies
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector

from payment_service.instrumentation import instrument
from payment_service.instrumentation.page import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric

TEXT = "text/plain; version=0.0.4; charset=utf-8"
#: What Prometheus 2.42 and 3.x send.
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.75,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=0.0.4;q=0.25,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def registry_with_a_value() -> CollectorRegistry:
    registry = CollectorRegistry()
    Gauge("answer", "The answer.", registry=registry).set(42)
    return registry


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "text/plain", TEXT, "nonsense;;=,,"])
def test_the_text_format_is_the_usual_one(accept: str) -> None:
    page = render(registry_with_a_value(), accept, "")
    assert page.headers == {"Content-Type": TEXT}
    (family,) = parse_text(page.body.decode())
    assert [sample.value for sample in family.samples] == [42]


@pytest.mark.parametrize("accept", [PROMETHEUS_2, PROMETHEUS_3, "application/openmetrics-text"])
def test_openmetrics_is_rendered_for_whoever_asks_for_it(accept: str) -> None:
    page = render(registry_with_a_value(), accept, "")
    assert page.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    (family,) = parse_openmetrics(page.body.decode())
    assert [sample.value for sample in family.samples] == [42]


@pytest.mark.parametrize("version", ["99.0.0", "2.0.0", "abc", "1.0.0\r\nSet-Cookie: a=b", "1", ""])
def test_a_version_that_nobody_knows_is_not_claimed(version: str) -> None:
    page = render(registry_with_a_value(), f"application/openmetrics-text; version={version}", "")
    assert page.headers == {"Content-Type": TEXT}


@given(strategies.text(max_size=200), strategies.text(max_size=50))
def test_no_header_breaks_the_page(accept: str, accept_encoding: str) -> None:
    page = render(registry_with_a_value(), f"application/openmetrics-text;{accept}", accept_encoding)
    assert all(value.isprintable() for value in page.headers.values())


@pytest.mark.parametrize(
    ("accept_encoding", "compressed"), [("gzip", True), ("br, GZIP;q=0.5", True), ("", False), ("identity", False)]
)
def test_the_page_is_compressed_where_this_is_accepted(accept_encoding: str, compressed: bool) -> None:
    page = render(registry_with_a_value(), "", accept_encoding)
    assert page.headers.get("Content-Encoding") == ("gzip" if compressed else None)
    assert b"answer 42.0" in (gzip.decompress(page.body) if compressed else page.body)


class Slow(Collector):
    """Cannot be collected until the event loop has done something else."""

    def __init__(self) -> None:
        self.asked, self.goes_on = threading.Event(), threading.Event()

    def collect(self) -> Iterable[Metric]:
        self.asked.set()
        assert self.goes_on.wait(10)
        return []


def test_other_requests_are_served_while_the_page_is_rendered() -> None:
    app = FastAPI()
    slow = Slow()
    instrument(app).registry.register(slow)

    @app.get("/")
    async def other() -> str:
        return "served"

    async def ask() -> tuple[str, int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            page = asyncio.create_task(client.get("/metrics"))
            assert await asyncio.to_thread(slow.asked.wait, 10)
            served = (await client.get("/")).json()
            slow.goes_on.set()
            return served, (await page).status_code

    assert asyncio.run(ask()) == ("served", 200)


def test_sampled_values_are_those_of_the_moment() -> None:
    app = FastAPI()
    given = instrument(app)
    level, gauge = [1.0], Gauge("level", "A level.", registry=given.registry)
    given.sampler.add(lambda: gauge.set(level[0]))

    async def ask() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return (await client.get("/metrics")).text

    assert "\nlevel 1.0\n" in asyncio.run(ask())
    level[0] = 7
    assert "\nlevel 7.0\n" in asyncio.run(ask())
