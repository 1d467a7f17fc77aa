"""Every dashboard of the running demo, as people see it in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser_tab import states, tab

from payment_bundle.preview.documents import dashboards_of
from payment_bundle.preview.screenshot import DRAWN, browser
from payment_catalog.dashboards import Dashboard
from payment_dashboards.panels.panel import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import House, Wait
    from playwright.sync_api import Browser

PICTURES = Path(__file__).parents[2] / ".build/screenshots"
#: Until customers have paid and the windows of the rates hold some scrapes.
WARM = 240
PHONE = 375


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


def address(house: House, dashboard: Dashboard) -> str:
    return f"http://127.0.0.1:{house.ports.preview}/d/{dashboard}?from=now-10m&to=now"


def normally_there(house: House, dashboard: Dashboard) -> set[str]:
    """Return the panels whose absence of data is no news that they have words for."""
    panels = dashboards_of(house.stack.catalog)[dashboard].panels
    return {
        panel.title
        for panel in panels
        if panel.type not in {"row", "text"} and panel.field_config.defaults.no_value == NO_DATA
    }


@pytest.mark.parametrize("dashboard", Dashboard)
def test_every_panel_is_drawn_with_data(house: House, chromium: Browser, wait: Wait, dashboard: Dashboard) -> None:
    expected = normally_there(house, dashboard)
    with tab(chromium) as page:
        found: dict[str, str] = {}

        def all_drawn() -> bool:
            page.goto(address(house, dashboard))
            page.wait_for_selector(DRAWN)
            found.update(states(page))
            return {title for title in expected if found[title] != "drawn"} == set()

        try:
            wait(f"the panels of {dashboard}", WARM, all_drawn)
        finally:
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{dashboard}.png", full_page=True)
        assert "failed" not in found.values()
        # Without Kubernetes, Elasticsearch and Fluentd, of the logs nothing is there.
        assert "drawn" in found.values() or dashboard is Dashboard.LOGS


def test_a_phone_shows_the_overview_without_scrolling_sideways(house: House, chromium: Browser) -> None:
    with tab(chromium, PHONE) as page:
        page.goto(address(house, Dashboard.OVERVIEW))
        page.wait_for_selector(DRAWN)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_link_to_another_dashboard_keeps_time_and_choices(house: House, chromium: Browser) -> None:
    with tab(chromium) as page:
        page.goto(f"{address(house, Dashboard.OVERVIEW)}&var-environment=demo")
        page.wait_for_selector(DRAWN)
        page.get_by_role("link", name="Business", exact=True).click()
        page.wait_for_url("**/d/payment-business**")
        assert "from=now-10m" in page.url
        assert "var-environment=demo" in page.url
