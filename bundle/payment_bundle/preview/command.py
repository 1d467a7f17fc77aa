"""``payobs preview``: pages of the dashboards in a directory, or the live page."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from payment_bundle.preview.assets import require_packages
from payment_bundle.preview.documents import Dashboards, chosen, dashboards_of
from payment_bundle.preview.drawn import State
from payment_bundle.preview.export import export
from payment_bundle.preview.rendering import Rendered, render_view
from payment_bundle.preview.timerange import parse_range
from payment_bundle.preview.variables import first_choices
from payment_bundle.preview.view import View
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from payment_bundle.prometheus_api import PrometheusApi
    from payment_catalog.catalog import Catalog


class PreviewError(ForeseenError):
    """A preview that cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class PreviewOptions:
    """What the command was asked for; empty texts mean: as the dashboard has it."""

    out: Path
    dashboards: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    png: bool = False
    light: bool = False


def run_preview(catalog: Catalog, api: PrometheusApi, options: PreviewOptions, report: Callable[[str], None]) -> bool:
    """Write the pages and, if asked, their pictures; return whether every panel could be asked for."""
    require_packages("plotly", "markdown_it", *(("playwright",) if options.png else ()))
    known = dashboards_of(catalog)
    wanted = chosen(known, options.dashboards)
    asked = _variables(options.variables, wanted)
    scrape = catalog.settings.scraping.interval.total_seconds()
    now = datetime.now(UTC)
    rendered = []
    for dashboard in wanted.values():
        span = parse_range(options.start or dashboard.time.from_, options.end or dashboard.time.to, now)
        view = View(dashboard, first_choices(dashboard, asked), span, scrape, now=now)
        rendered.append(render_view(view, api))
    pages = export(rendered, wanted, options.out)
    for one in rendered:
        report(_summary(one, pages[one.view.dashboard.uid]))
    if options.png:
        _take_pictures(pages, light=options.light)
    return not any(one.problems or one.count(State.FAILED) for one in rendered)


def serve_until_signal(catalog: Catalog, api: PrometheusApi, port: int, report: Callable[[str], None]) -> None:
    """Serve the live page until Ctrl-C or SIGTERM."""
    require_packages("plotly", "markdown_it", "starlette", "uvicorn")
    from payment_bundle.preview.server import serve  # noqa: PLC0415 - pages are written without a server's packages

    ended = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: ended.set()) for number in numbers}
    try:
        with serve(catalog, api, port) as address:
            report(f"{address}: the dashboards from {api.url}; Ctrl-C ends it")
            ended.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _variables(written: tuple[str, ...], dashboards: Dashboards) -> Mapping[str, list[str]]:
    names = {variable.name for dashboard in dashboards.values() for variable in dashboard.templating.list}
    asked: dict[str, list[str]] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or name not in names:
            raise PreviewError(f"--var: expected NAME=VALUE with one of {', '.join(sorted(names))}, found {text!r}")
        asked.setdefault(name, []).append(value)
    return asked


def _summary(one: Rendered, page: Path) -> str:
    counts = ", ".join(f"{one.count(state)} {state}" for state in (State.DRAWN, State.EMPTY, State.FAILED))
    first = next((line for line in one.problems), "")
    return f"{page}: {counts}{f'; {first}' if first else ''}"


def _take_pictures(pages: Mapping[str, Path], *, light: bool) -> None:
    from payment_bundle.preview.screenshot import browser, take  # noqa: PLC0415 - only pictures need a browser

    with browser() as running:
        for page in pages.values():
            take(running, page, page.with_suffix(".png"), "light" if light else "dark")
