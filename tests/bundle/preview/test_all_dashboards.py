"""Every panel of every dashboard has data where everything is there that it is about."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests
from bundle.preview import whole_catalogue
from bundle.preview.conftest import SCRAPE
from bundle.preview.courses import NOW
from prometheus_server import prometheus_that_remembers
from sockets import free_port

from payment_bundle.preview.data import PanelData, asked, frames
from payment_bundle.preview.documents import dashboards_of
from payment_bundle.preview.drawn import State
from payment_bundle.preview.queries import ask
from payment_bundle.preview.rendering import render_view
from payment_bundle.preview.timerange import parse_range
from payment_bundle.preview.variables import first_choices
from payment_bundle.preview.view import View
from payment_bundle.prometheus_api import PrometheusApi
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from payment_bundle.preview.rendering import Rendered

CATALOG = build_catalog(Settings())
DASHBOARDS = dashboards_of(CATALOG)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that remembers everything that the catalogue declares."""
    directory = tmp_path_factory.mktemp("whole")
    with prometheus_that_remembers(partial(whole_catalogue.write, CATALOG), directory, free_port()) as url:
        yield url


class Listening(requests.Session):
    """A session that remembers what Prometheus warns of."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self.hooks["response"].append(self._listen)

    def _listen(self, response: requests.Response, **_: Any) -> None:
        self.warnings += response.json().get("warnings", ())


def rendered(dashboard: Dashboard, api: PrometheusApi) -> Rendered:
    """Draw a dashboard as it opens."""
    document = DASHBOARDS[dashboard]
    span = parse_range(document.time.from_, document.time.to, NOW)
    return render_view(View(document, first_choices(document, {}), span, SCRAPE, now=NOW), api)


@pytest.mark.parametrize("dashboard", Dashboard)
def test_every_panel_has_data(whole: str, dashboard: Dashboard) -> None:
    session = Listening()
    one = rendered(dashboard, PrometheusApi(whole, session=session))
    titles = {panel.id: panel.title for panel in one.view.dashboard.panels}
    assert {titles[key]: drawn.html for key, drawn in one.panels.items() if drawn.state is not State.DRAWN} == {}
    assert one.problems == ()
    assert session.warnings == []


@pytest.mark.parametrize("dashboard", Dashboard)
def test_every_query_has_an_answer(whole: str, dashboard: Dashboard) -> None:
    api = PrometheusApi(whole)
    one = rendered(dashboard, api)
    questions = {(panel.id, panel.title): asked(one.view, panel) for panel in one.view.dashboard.panels}
    answers = ask(api, [query.question for queries in questions.values() for query in queries])
    silent = [
        f"{title}: {query.question.expression}"
        for title, queries in questions.items()
        for query in queries
        if not answers.samples(query.question)
    ]
    assert silent == []


@pytest.mark.parametrize("dashboard", Dashboard)
def test_every_line_has_a_name_of_its_own(whole: str, dashboard: Dashboard) -> None:
    api = PrometheusApi(whole)
    one = rendered(dashboard, api)
    panels = [
        panel for panel in one.view.dashboard.panels if panel.type in {"timeseries", "state-timeline", "bargauge"}
    ]
    questions = {panel.id: asked(one.view, panel) for panel in panels}
    answers = ask(api, [query.question for queries in questions.values() for query in queries])
    for panel in panels:
        names = Counter(line.name for line in PanelData(frames(questions[panel.id], answers)).series)
        assert {name for name, count in names.items() if count > 1 or not name or "=" in name} == set(), panel.title
