"""Pages: a dashboard with or without its data, the list of dashboards, and a page that says what went wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from payment_bundle.preview.drawn import loading
from payment_bundle.preview.interpolation import in_text
from payment_bundle.preview.links import dashboard_links, data_links
from payment_bundle.preview.templates import render
from payment_bundle.preview.variables import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.preview.documents import Dashboards
    from payment_bundle.preview.drawn import Drawn
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.rendering import Rendered
    from payment_bundle.preview.variables import Choice
    from payment_bundle.preview.view import View

#: Ranges that a page offers, and how it calls them.
RANGES = {
    "now-5m": "Last 5 minutes",
    "now-15m": "Last 15 minutes",
    "now-30m": "Last 30 minutes",
    "now-1h": "Last 1 hour",
    "now-2h": "Last 2 hours",
    "now-3h": "Last 3 hours",
    "now-6h": "Last 6 hours",
    "now-12h": "Last 12 hours",
    "now-24h": "Last 24 hours",
    "now-2d": "Last 2 days",
    "now-7d": "Last 7 days",
    "now-30d": "Last 30 days",
}
#: How often a page can refresh, in seconds, as addresses write it.
REFRESHES = {"": 0, "5s": 5, "10s": 10, "30s": 30, "1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600}


@dataclass(frozen=True, slots=True)
class Framed:
    """A panel in its frame."""

    panel: Panel
    title: str
    drawn: Drawn
    links: tuple[Link, ...]

    @property
    def figure(self) -> Markup:
        """Its chart for the page's script, empty without one."""
        return as_script_data(self.drawn.figure.as_json()) if self.drawn.figure else Markup("")


@dataclass(frozen=True, slots=True)
class Assets:
    """How a page comes by its style and scripts: as addresses, or in itself."""

    styles: Markup
    scripts: Markup
    policy: str = ""


def live_page(view: View, dashboards: Dashboards, assets: Assets, refresh: str) -> str:
    """Return a dashboard's page without data, which its script fetches."""
    panels = _framed(view, {panel.id: loading() for panel in view.dashboard.panels})
    return render(
        "dashboard.html",
        view=view,
        panels=panels,
        links=dashboard_links(view, dashboards),
        dashboards=dashboards,
        assets=assets,
        live=True,
        ranges=RANGES,
        refreshes=REFRESHES,
        refresh=refresh,
        problems=(),
        variables=variables_bar(view.choices.values(), live=True),
    )


def finished_page(rendered: Rendered, dashboards: Dashboards, assets: Assets) -> str:
    """Return a dashboard's page with its data in it, which needs nothing besides itself."""
    view = rendered.view
    return render(
        "dashboard.html",
        view=view,
        panels=_framed(view, rendered.panels),
        links=dashboard_links(view, dashboards),
        dashboards=dashboards,
        assets=assets,
        live=False,
        ranges=RANGES,
        refreshes=REFRESHES,
        refresh="",
        problems=rendered.problems,
        variables=variables_bar(view.choices.values(), live=False),
    )


def index_page(dashboards: Dashboards, assets: Assets, *, suffix: str) -> str:
    """Return the list of dashboards; ``suffix`` follows each address."""
    return render("index.html", dashboards=dashboards, assets=assets, suffix=suffix)


def problem_page(title: str, problem: str, dashboards: Dashboards, assets: Assets) -> str:
    """Return a page that says what is wrong, and offers the dashboards that there are."""
    return render("problem.html", title=title, problem=problem, dashboards=dashboards, assets=assets)


def variables_bar(choices: Sequence[Choice] | object, *, live: bool) -> Markup:
    """Return the variables: controls on a live page, the choices as texts on a finished one."""
    return render("variables.html", choices=choices, live=live, all=ALL)


def as_script_data(content: object) -> Markup:
    """Return JSON that can stand in a ``script`` element: nothing in it ends the element or begins a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - no character is left that HTML reads


def _framed(view: View, panels: Mapping[int, Drawn]) -> list[Framed]:
    ordered = sorted(view.dashboard.panels, key=lambda panel: (panel.grid_pos.y, panel.grid_pos.x))
    return [
        Framed(
            panel, in_text(panel.title, view.choices), panels.get(panel.id) or loading(), data_links(panel.links, view)
        )
        for panel in ordered
    ]
