"""A dashboard: what is on it, and its form for Grafana."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from grafanalib import core
from grafanalib._gen import DashboardEncoder

from payment_catalog.grafana_names import dashboard_uid
from payment_dashboards.choices import everywhere, variables
from payment_dashboards.layout import Layout
from payment_dashboards.marks import marks
from payment_dashboards.navigation import navigation
from payment_dashboards.panels.panel import Place
from payment_dashboards.pruning import pruned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.promql import Labels
    from payment_catalog.settings import Settings
    from payment_dashboards.choices import Choice
    from payment_dashboards.kit import Kit
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

    dashboard: AnyDashboard
    description: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = ()
    since: str = "now-1h"
    monitoring: bool = False

    def offered(self, settings: Settings) -> tuple[Choice, ...]:
        """Return every choice, in the order in which they stand above the panels."""
        return *everywhere(settings, monitoring=self.monitoring), *self.choices


def grafana_dashboard(board: Board, kit: Kit, declared: Mapping[str, Labels]) -> dict[str, Any]:
    """Return ``board`` as Grafana's JSON; ``declared`` are all series with their labels."""
    settings, choices = kit.settings, board.offered(kit.settings)
    dashboard = core.Dashboard(
        title=board.dashboard.heading,
        uid=dashboard_uid(settings, board.dashboard),
        description=board.description,
        tags=list(TAGS),
        editable=False,
        schemaVersion=SCHEMA_VERSION,
        refresh="30s",
        time=core.Time(board.since, "now"),
        timezone="browser",
        graphTooltip=1,
        templating=core.Templating(list=variables(choices)),
        annotations=marks(settings, board.dashboard, kit.watching, choices),
        links=navigation(settings, board.dashboard),
        panels=list(_panels(board, kit.settings, declared)),
    )
    return pruned(json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder)))


def _panels(board: Board, settings: Settings, declared: Mapping[str, Labels]) -> Iterator[core.Panel]:
    choices, several = board.offered(settings), len(settings.environments) > 1
    identifiers = count(1)
    layout = Layout()
    for row in board.rows:
        yield core.RowPanel(id=next(identifiers), title=row.title, gridPos=layout.heading())
        for panel in row.panels:
            position = layout.place(panel.width, panel.height)
            yield panel.grafana(Place(next(identifiers), position, choices, declared, several))
