"""Rules for the panels of an extension; what the linting of dashboards finds is left to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.extending.problem import Problem
from payment_bundle.extending.taken import Named
from payment_catalog.dashboards import Dashboard
from payment_catalog.links import runbook_url
from payment_catalog.promql import PromQLError, analyse
from payment_dashboards import boards
from payment_dashboards.added_panels import AddedPanels
from payment_dashboards.board import Board
from payment_dashboards.choices import everywhere
from payment_dashboards.layout import Layout
from payment_dashboards.panels.panel import Panel, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_bundle.extending.taken import Taken
    from payment_catalog.addition import Addition
    from payment_catalog.promql import Labels
    from payment_dashboards.board import Row
    from payment_dashboards.kit import Kit
    from payment_dashboards.panels.note import Note


def panel_problems(addition: Addition, kit: Kit, declared: Mapping[str, Labels], taken: Taken) -> Iterator[Problem]:
    """Yield what is wrong with the panels of ``addition``; ``declared`` are all series with their labels."""
    for part in addition.parts:
        if isinstance(part, AddedPanels):
            made = part.panels(kit)
            if isinstance(made, Board):
                yield from _own(made, addition, taken)
            for row in made.rows:
                yield from _row(row, kit, declared)


def unseen_alerts(groups: Sequence[AlertGroup], kit: Kit) -> Iterator[Problem]:
    """Yield the alerts of ``groups`` whose message leads to a dashboard that does not know them."""
    links = {board.dashboard: set(_links(board)) for board, _ in boards(kit)}
    for group in groups:
        if group.dashboard not in links:
            yield Problem(
                group.name, f"is shown on the dashboard '{group.dashboard}', which no function of panels makes"
            )
            continue
        for alert in group.alerts:
            if runbook_url(kit.settings, alert.name) not in links[group.dashboard]:
                yield Problem(
                    alert.name,
                    f"no panel of the dashboard '{group.dashboard}', to which its message leads, leads to its runbook "
                    f'page: give one links=kit.runbooks("{alert.name}")',
                )


def _own(board: Board, addition: Addition, taken: Taken) -> Iterator[Problem]:
    if isinstance(board.dashboard, Dashboard):
        yield Problem(str(board.dashboard), "is a dashboard of the bundle's: put rows below its own with RowsOn")
    elif wrong := taken.claim(Named.DASHBOARD, addition.owner, str(board.dashboard)):
        yield Problem(str(board.dashboard), wrong)


def _row(row: Row, kit: Kit, declared: Mapping[str, Labels]) -> Iterator[Problem]:
    layout = Layout()
    layout.heading()
    for panel in row.panels:
        try:
            position = layout.place(panel.width, panel.height)
        except ValueError as error:
            yield Problem(panel.title, f"does not fit into the row '{row.title}': {error}")
            return
        problems = tuple(_queries(panel, declared)) if isinstance(panel, Panel) else ()
        yield from problems or _drawn(panel, Place(1, position, everywhere(kit.settings), declared))


def _queries(panel: Panel, declared: Mapping[str, Labels]) -> Iterator[Problem]:
    for query in panel.queries:
        try:
            problems = analyse(query.expr, declared).problems
        except PromQLError as error:
            problems = (str(error),)
        yield from (Problem(panel.title, f"{problem} in: {query.expr}") for problem in problems)


def _drawn(panel: Panel | Note, place: Place) -> Iterator[Problem]:
    """A panel of the extension's own kind can fail in any way, far from the function that made it."""
    try:
        panel.grafana(place)
    except Exception as error:
        yield Problem(panel.title, f"cannot be made into Grafana's form: {type(error).__name__}: {error}")


def _links(board: Board) -> Iterator[str]:
    for row in board.rows:
        for panel in row.panels:
            if isinstance(panel, Panel):
                yield from (link.url for link in (*panel.links, *panel.value_links))
