"""The live page: dashboards that keep themselves up to date, from a Prometheus, on this machine's loopback."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from payment_bundle.demo.ports import LOOPBACK, PortTakenError
from payment_bundle.preview import assets
from payment_bundle.preview.documents import DashboardError, Dashboards, chosen, dashboards_of
from payment_bundle.preview.page import REFRESHES, index_page, live_page, problem_page, variables_bar
from payment_bundle.preview.rendering import render_view
from payment_bundle.preview.timerange import TimeRangeError, parse_range
from payment_bundle.preview.variables import first_choices
from payment_bundle.preview.view import PAGE_WIDTH, View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from payment_bundle.prometheus_api import PrometheusApi
    from payment_catalog.catalog import Catalog

_GRACE = 3
_ENDED_WITHIN = 10.0
#: Plotly puts style elements into the page, and the panels have colours and places as style attributes.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@contextmanager
def serve(catalog: Catalog, prometheus: PrometheusApi, port: int) -> Iterator[str]:
    """Serve the dashboards of ``catalog`` while the block runs, and yield their address; port 0 takes a free one.

    Raises PortTakenError, DashboardError and PackagesMissingError. The server answers from threads of its own.
    """
    with serve_dashboards(
        dashboards_of(catalog), prometheus, catalog.settings.scraping.interval.total_seconds(), port
    ) as address:
        yield address


@contextmanager
def serve_dashboards(dashboards: Dashboards, prometheus: PrometheusApi, scrape: float, port: int) -> Iterator[str]:
    """Serve ``dashboards``, as ``serve`` does; ``scrape`` is the scrape interval in seconds."""
    application = make_application(dashboards, prometheus, scrape)
    listening = _listen(port)
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_GRACE,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="preview", daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_ENDED_WITHIN)
        listening.close()


def make_application(dashboards: Dashboards, prometheus: PrometheusApi, scrape: float) -> Starlette:
    """Return the pages of ``dashboards`` as an ASGI application; ``scrape`` is the scrape interval in seconds."""
    pages = _Pages(dashboards, prometheus, scrape)
    application = Starlette(
        routes=[
            Route("/", pages.index),
            Route("/d/{uid}", pages.dashboard),
            Route("/d/{uid}/panels", pages.panels),
            Route("/d/{uid}/{slug}", pages.dashboard),
            Route("/static/{name}", pages.static),
        ],
        exception_handlers={404: pages.nothing_here},
    )
    # A page elsewhere could otherwise reach this one by a name of its own that leads to the loopback.
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])
    return application


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(64)
    except OSError:
        listening.close()
        raise PortTakenError(f"port {port} is in use; choose another with --port") from None
    return listening


class _Pages:
    def __init__(self, dashboards: Dashboards, prometheus: PrometheusApi, scrape: float) -> None:
        self._dashboards = dashboards
        self._prometheus = prometheus
        self._scrape = scrape
        self._assets = assets.linked()

    def index(self, request: Request) -> Response:
        del request
        return HTMLResponse(index_page(self._dashboards, self._assets, suffix=""), headers=_HEADERS)

    def dashboard(self, request: Request) -> Response:
        try:
            view = self._view(request)
        except (DashboardError, TimeRangeError) as error:
            return self._problem(error)
        asked = request.query_params.get("refresh", view.dashboard.refresh_every)
        refresh = asked if asked in REFRESHES else ""
        return HTMLResponse(live_page(view, self._dashboards, self._assets, refresh), headers=_HEADERS)

    def panels(self, request: Request) -> Response:
        try:
            view = self._view(request)
        except (DashboardError, TimeRangeError) as error:
            return JSONResponse({"problem": str(error)}, _status(error), _HEADERS)
        rendered = render_view(view, self._prometheus)
        content: dict[str, Any] = {
            "panels": [
                {
                    "id": identifier,
                    "state": drawn.state,
                    "html": drawn.html,
                    "figure": drawn.figure.as_json() if drawn.figure else None,
                }
                for identifier, drawn in rendered.panels.items()
            ],
            "variables": variables_bar(tuple(rendered.view.choices.values()), live=True),
            "problems": rendered.problems,
        }
        return JSONResponse(content, headers=_HEADERS)

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == assets.STYLE:
            return Response(assets.text_of(name), media_type="text/css", headers=_FOR_EVER)
        if name in assets.SCRIPTS:
            return Response(assets.text_of(name), media_type="text/javascript", headers=_FOR_EVER)
        return self.nothing_here(request, None)

    def nothing_here(self, request: Request, error: Exception | None) -> Response:
        del error
        problem = f"there is no page {request.url.path}"
        return HTMLResponse(problem_page("Not found", problem, self._dashboards, self._assets), 404, _HEADERS)

    def _view(self, request: Request) -> View:
        uid = request.path_params["uid"]
        dashboard = chosen(self._dashboards, (uid,))[uid]
        query = request.query_params
        now = datetime.now(UTC)
        span = parse_range(query.get("from") or dashboard.time.from_, query.get("to") or dashboard.time.to, now)
        asked = {variable.name: query.getlist(f"var-{variable.name}") for variable in dashboard.templating.list}
        width = query.get("width", "")
        return View(
            dashboard,
            first_choices(dashboard, asked),
            span,
            self._scrape,
            min(max(int(width), 320), 3840) if width.isascii() and width.isdigit() and len(width) < 6 else PAGE_WIDTH,
            now,
        )

    def _problem(self, error: DashboardError | TimeRangeError) -> Response:
        title = "Not found" if isinstance(error, DashboardError) else "This range cannot be shown"
        page = problem_page(title, str(error), self._dashboards, self._assets)
        return HTMLResponse(page, _status(error), _HEADERS)


def _status(error: DashboardError | TimeRangeError) -> int:
    return 404 if isinstance(error, DashboardError) else 400
