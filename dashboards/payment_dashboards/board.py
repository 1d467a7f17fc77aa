"""A dashboard: what is on it, and its form for Grafana."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from grafanalib import core
from grafanalib._gen import DashboardEncoder

from payment_catalog.documents import JsonDocument
from payment_dashboards.choices import everywhere, variables
from payment_dashboards.layout import Layout
from payment_dashboards.marks import marks
from payment_dashboards.navigation import navigation
from payment_dashboards.panels.panel import Place
from payment_dashboards.pruning import pruned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.catalog import Catalog
    from payment_catalog.dashboards import Dashboard
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings
    from payment_catalog.watching import Watching
    from payment_dashboards.choices import Choice
    from payment_dashboards.panels.note import Note
    from payment_dashboards.panels.panel import Panel

#: Of Grafana 10: newer ones read it without migrating panels.
SCHEMA_VERSION = 39
TAGS = ("payment", "payobs")


@dataclass(frozen=True, slots=True)
class Row:
    """Panels below a heading, line by line from the left."""

    title: str
    panels: tuple[Panel | Note, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What a dashboard shows; ``choices`` are those beside the ones that every dashboard offers.

    With ``monitoring``, a chosen environment does not hide what watches over all of them.
    """

    dashboard: Dashboard
    description: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = ()
    since: str = "now-1h"
    monitoring: bool = False

    def offered(self, settings: Settings) -> tuple[Choice, ...]:
        """Return every choice, in the order in which they stand above the panels."""
        return *everywhere(settings, monitoring=self.monitoring), *self.choices


def documents(board: Board, catalog: Catalog, watching: Watching, source: str) -> Documents:
    """Return Grafana's file of ``board``; ``source`` is the module that declares it."""
    dashboard = core.Dashboard(
        title=board.dashboard.heading,
        uid=board.dashboard.value,
        description=board.description,
        tags=list(TAGS),
        editable=False,
        schemaVersion=SCHEMA_VERSION,
        refresh="30s",
        time=core.Time(board.since, "now"),
        timezone="browser",
        graphTooltip=1,
        templating=core.Templating(list=variables(board.offered(catalog.settings))),
        annotations=marks(catalog.settings, board.dashboard, watching, board.offered(catalog.settings)),
        links=navigation(catalog.settings, board.dashboard),
        panels=list(_panels(board, catalog, watching)),
    )
    content = pruned(json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder)))
    return {f"grafana/dashboards/{board.dashboard}.json": JsonDocument(content, source)}


def _panels(board: Board, catalog: Catalog, watching: Watching) -> Iterator[core.Panel]:
    choices = board.offered(catalog.settings)
    declared = catalog.declared(watching.recordings)
    identifiers = count(1)
    layout = Layout()
    for row in board.rows:
        yield core.RowPanel(id=next(identifiers), title=row.title, gridPos=layout.heading())
        for panel in row.panels:
            yield panel.grafana(Place(next(identifiers), layout.place(panel.width, panel.height), choices, declared))
