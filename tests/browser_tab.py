"""A tab of Chromium that must stay without a complaint, and how the panels of a page of dashboards are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

LIMIT = 60_000


@contextmanager
def tab(chromium: Browser, width: int = 1280) -> Iterator[Page]:
    """Open a tab that must stay without a complaint on its console."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme="dark", timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(LIMIT)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    try:
        yield page
    finally:
        context.close()
    assert not complaints


def states(page: Page) -> dict[str, str]:
    """Return how each panel is, by its title."""
    found: dict[str, str] = page.eval_on_selector_all(
        ".panel", "all => Object.fromEntries(all.map(one => [one.querySelector('h3').textContent, one.dataset.state]))"
    )
    return found
