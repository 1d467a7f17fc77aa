"""A real Prometheus that remembers the shop, the live page over it, and a Chromium."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from bundle.preview import everything, history
from prometheus_server import prometheus_that_remembers
from sockets import free_port

from payment_bundle.preview.documents import read_dashboards
from payment_bundle.preview.rendering import render_view
from payment_bundle.preview.screenshot import browser
from payment_bundle.preview.server import serve_dashboards
from payment_bundle.preview.timerange import TimeRange
from payment_bundle.preview.variables import first_choices
from payment_bundle.preview.view import View
from payment_bundle.prometheus_api import PrometheusApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from payment_bundle.preview.documents import Dashboards
    from payment_bundle.preview.rendering import Rendered

SCRAPE = 15.0


#: No sample lasts longer than this: the shop's series have gaps.
LOOKBACK = "--query.lookback-delta=30s"


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    with prometheus_that_remembers(history.write, tmp_path_factory.mktemp("remembered"), free_port(), LOOKBACK) as url:
        yield PrometheusApi(url)


@pytest.fixture(scope="session")
def dashboards() -> Dashboards:
    return read_dashboards(
        {"everything.json": everything.dashboard(), "other.json": everything.dashboard("other", broken=False)}
    )


def remembered() -> TimeRange:
    """The two hours that Prometheus remembers."""
    start_at, end = history.began(), history.began() + history.SPAN
    return TimeRange(start_at, end, f"{start_at.timestamp() * 1000:.0f}", f"{end.timestamp() * 1000:.0f}")


def view_of(dashboards: Dashboards, uid: str = "everything", **asked: list[str]) -> View:
    dashboard = dashboards[uid]
    return View(dashboard, first_choices(dashboard, asked), remembered(), SCRAPE, now=datetime.now(UTC))


@pytest.fixture(scope="session")
def rendered(dashboards: Dashboards, prometheus: PrometheusApi) -> Rendered:
    return render_view(view_of(dashboards), prometheus)


@pytest.fixture(scope="session")
def live(dashboards: Dashboards, prometheus: PrometheusApi) -> Iterator[str]:
    with serve_dashboards(dashboards, prometheus, SCRAPE, 0) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running
