"""A real Prometheus that remembers the shop, the live page over it, and a Chromium."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from bundle.preview import everything, history
from sockets import free_port

from payment_bundle.demo.child import start
from payment_bundle.preview.documents import read_dashboards
from payment_bundle.preview.rendering import render_view
from payment_bundle.preview.screenshot import browser
from payment_bundle.preview.server import serve_dashboards
from payment_bundle.preview.timerange import TimeRange
from payment_bundle.preview.variables import first_choices
from payment_bundle.preview.view import View
from payment_bundle.prometheus_api import PrometheusApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from payment_bundle.preview.documents import Dashboards
    from payment_bundle.preview.rendering import Rendered

SCRAPE = 15.0


@contextmanager
def prometheus_at(
    port: int, directory: Path, write: Callable[[Path], None] = history.write, lookback: str = "30s"
) -> Iterator[str]:
    """Run a Prometheus that remembers what ``write`` writes: the shop."""
    write(directory / "history.txt")
    command = (
        *("promtool", "tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"),
        # One block for everything: the file is read again for each.
        "--max-block-duration=162h",
    )
    subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=120)
    (directory / "prometheus.yml").write_text("{}")
    child = start(
        "prometheus",
        (
            "prometheus",
            f"--config.file={directory}/prometheus.yml",
            f"--storage.tsdb.path={directory}/data",
            f"--query.lookback-delta={lookback}",
            f"--web.listen-address=127.0.0.1:{port}",
        ),
        {"PATH": os.environ["PATH"]},
        directory / "prometheus.log",
    )
    try:
        child.wait_ready(f"http://127.0.0.1:{port}/-/ready", 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    with prometheus_at(free_port(), tmp_path_factory.mktemp("remembered")) as url:
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
