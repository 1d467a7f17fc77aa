"""Pictures of pages, by a headless Chromium."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from payment_bundle.preview.view import PAGE_WIDTH
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

_LIMIT = 60_000
#: There once every panel of a page is drawn; the page's policy forbids what would evaluate a script instead.
DRAWN = "body[data-refreshed]:not([data-refreshed='0'])"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Theme = Literal["dark", "light"]


class ScreenshotError(ForeseenError):
    """No browser, or a page that it cannot show."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium while the block runs; raises ScreenshotError."""
    program = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise ScreenshotError("chromium is not on PATH; install it, on Debian with: apt-get install chromium")
    # Chromium's own sandbox refuses to run as root, as in most containers.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=program, args=flags, timeout=_LIMIT)
            try:
                yield running
            finally:
                running.close()
    except PlaywrightError as error:
        raise ScreenshotError(f"{program}: {error.message.splitlines()[0]}") from None


def take(running: Browser, page: Path, picture: Path, theme: Theme = "dark", width: int = PAGE_WIDTH) -> None:
    """Write a picture of the whole page, once every panel is drawn; raises ScreenshotError."""
    context = running.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, timezone_id="UTC", reduced_motion="reduce"
    )
    try:
        tab = context.new_page()
        tab.goto(page.resolve().as_uri(), timeout=_LIMIT)
        tab.wait_for_selector(DRAWN, timeout=_LIMIT)
        tab.screenshot(path=picture, full_page=True, timeout=_LIMIT)
    except PlaywrightError as error:
        raise ScreenshotError(f"{page}: {error.message.splitlines()[0]}") from None
    finally:
        context.close()
