"""The pages in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser_tab import states, tab
from bundle.preview import history
from bundle.preview.conftest import LOOKBACK, SCRAPE, remembered
from bundle.preview.history import HOSTILE
from prometheus_server import prometheus_that_remembers
from sockets import free_port

from payment_bundle.preview.export import export
from payment_bundle.preview.screenshot import DRAWN, take
from payment_bundle.preview.server import serve_dashboards
from payment_bundle.prometheus_api import PrometheusApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from payment_bundle.preview.documents import Dashboards
    from payment_bundle.preview.rendering import Rendered


def address(live: str, uid: str = "everything", more: str = "") -> str:
    span = remembered()
    return f"{live}/d/{uid}?from={span.start_text}&to={span.end_text}{more}"


@pytest.fixture(scope="module")
def opened(chromium: Browser, live: str) -> Iterator[Page]:
    with tab(chromium) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        yield page


def test_every_panel_says_how_it_is(opened: Page) -> None:
    found = states(opened)
    assert {title for title, state in found.items() if state == "failed"} == {"Broken"}
    assert {title for title, state in found.items() if state == "empty"} == {"Nothing"}
    assert set(found.values()) == {"drawn", "failed", "empty"}


def test_lines_are_drawn(opened: Page) -> None:
    lines = opened.locator(".panel", has_text="Failing over time").first.locator(".scatterlayer .trace path.js-line")
    assert lines.count() == 1
    assert opened.locator(".panel[data-type=heatmap] .heatmaplayer image").count() == 1
    assert opened.locator(".panel[data-type=state-timeline] .barlayer .point").count() >= 5


def test_hostile_labels_are_text(opened: Page) -> None:
    assert opened.locator("button.series", has_text=HOSTILE).count() >= 1
    assert opened.locator(".rows td", has_text=HOSTILE).count() >= 1


def test_keyboard_reaches_everything_and_shows_where_it_is(chromium: Browser, live: str) -> None:
    with tab(chromium) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[document.activeElement.getAttribute('aria-label'), getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert focused == ["Description of Failing", "solid"]
        assert page.locator("#about-2").is_visible()
        unnamed = page.eval_on_selector_all(
            "button, a, select, input:not([type=hidden])",
            "all => all.filter(one => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))"
            ".map(one => one.outerHTML)",
        )
        assert unnamed == []


def test_figures_stand_for_the_chart(chromium: Browser, live: str) -> None:
    with tab(chromium) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        page.get_by_role("button", name="Figures of Failing over time").press("Enter")
        region = page.get_by_role("region", name="Figures of Failing over time")
        assert region.locator("tbody tr").all_inner_texts()[:1] == ["/orders ↗\t0.400%\t0.564%\t1.40%\t0.400%"]
        assert region.get_by_role("rowheader", name="FailingHigh critical").is_visible()
        assert not page.locator("#plot-7").is_visible()


def test_the_pointer_is_told_values_and_events(chromium: Browser, live: str) -> None:
    with tab(chromium) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        plot = page.locator("#plot-8").bounding_box()
        assert plot is not None
        for across in (0.39, 0.4):
            page.mouse.move(plot["x"] + plot["width"] * across, plot["y"] + plot["height"] / 2)
        told = page.locator(".tooltip")
        told.wait_for()
        assert told.locator("th", has_text=HOSTILE).count() == 1
        assert told.locator("tr", has_text="/refunds").locator("td").inner_text().endswith(" req/s")
        assert page.locator(".crosshair:visible").count() >= 4


def test_a_series_can_be_hidden(chromium: Browser, live: str) -> None:
    with tab(chromium) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        panel = page.locator("#panel-8")
        assert panel.locator(".scatterlayer .trace").count() == 4
        panel.get_by_role("button", name="/refunds").click()
        panel.locator("button.series[aria-pressed=false]").wait_for()
        page.wait_for_selector("#panel-8 .scatterlayer .trace:nth-child(4)", state="detached")


def test_variables_links_and_ranges_keep_each_other(chromium: Browser, live: str) -> None:
    with tab(chromium) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        picker = page.locator("[data-variable=route]")
        picker.locator("summary").click()
        picker.get_by_label("/orders").check()
        assert not picker.get_by_label("All").is_checked()
        with page.expect_navigation():
            picker.get_by_role("button", name="Apply").click()
        page.wait_for_selector(DRAWN)
        assert "var-route=%2Forders" in page.url
        with page.expect_navigation():
            page.locator("#links").get_by_role("link", name="Other").click()
        page.wait_for_selector(DRAWN)
        assert "/d/other?" in page.url
        assert "var-route=%2Forders" in page.url
        assert f"from={remembered().start_text}" in page.url
        with page.expect_navigation():
            page.select_option("#range", "now-3h")
        page.wait_for_selector(DRAWN)
        assert "from=now-3h" in page.url
        assert "var-route=%2Forders" in page.url
        assert page.evaluate("document.activeElement.id") == "range"


def test_a_phone_needs_no_sideways_scrolling(chromium: Browser, live: str) -> None:
    with tab(chromium, width=360) as page:
        page.goto(address(live))
        page.wait_for_selector(DRAWN)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        lefts = page.eval_on_selector_all(".panel", "all => all.map(one => one.getBoundingClientRect().left)")
        assert len(set(lefts)) == 1


def test_a_page_in_a_file_needs_nothing_else(
    chromium: Browser, rendered: Rendered, dashboards: Dashboards, tmp_path: Path
) -> None:
    written = export([rendered], dashboards, tmp_path)
    with tab(chromium) as page:
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(written["everything"].as_uri())
        page.wait_for_selector(DRAWN)
        assert set(states(page).values()) == {"drawn", "failed", "empty"}
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    picture = tmp_path / "everything.png"
    take(chromium, written["everything"], picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_page_says_that_prometheus_is_away_and_recovers(
    chromium: Browser, dashboards: Dashboards, tmp_path: Path
) -> None:
    port = free_port()
    with (
        serve_dashboards(dashboards, PrometheusApi(f"http://127.0.0.1:{port}"), SCRAPE, 0) as live,
        tab(chromium) as page,
    ):
        page.goto(address(live, "other"))
        page.wait_for_selector(DRAWN)
        assert set(states(page).values()) == {"failed", "drawn"}
        assert "cannot be reached" in page.locator("#panel-7").inner_text()
        with prometheus_that_remembers(history.write, tmp_path, port, LOOKBACK):
            page.get_by_role("button", name="Refresh now").click()
            page.wait_for_selector("body[data-refreshed='2']")
            assert set(states(page).values()) == {"drawn", "empty"}
            assert page.locator("#status").inner_text() == ""
