"""Kibana's two dashboards: what the service does, and who attacks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_catalog.log_streams import LogBoard, data_view_id, log_board_id, search_id
from payment_catalog.vocabulary import LogPattern
from payment_logging.kibana.charts import Chart, Figure, bars_over_time, table
from payment_logging.kibana.saved_object import Kind, Reference, SavedObject, as_text, kql

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: Kibana's grid has 48 columns.
_WIDTH, _CHART_HEIGHT, _SEARCH_HEIGHT = 48, 12, 14
#: The version in which panels are written, as for the objects.
_PANELS = "8.9.0"
_LINES = (Figure("Lines"),)


@dataclass(frozen=True, slots=True)
class _Board:
    """A dashboard: lines of charts, and below them searches over the whole width."""

    board: LogBoard
    title: str
    description: str
    bars: tuple[Chart, ...]
    tables: tuple[Chart, ...]
    searches: tuple[LogPattern, ...]


def boards(settings: Settings) -> tuple[SavedObject, ...]:
    """Return the charts, then the dashboards that show them."""
    every = (_operations(settings), _security(settings))
    charts = [chart for board in every for chart in _charts(settings, board)]
    return (*charts, *(_saved(settings, board) for board in every))


def _operations(settings: Settings) -> _Board:
    identifier = log_board_id(settings, LogBoard.OPERATIONS)
    return _Board(
        LogBoard.OPERATIONS,
        f"Operations of {settings.service}, by its logs",
        "What the service writes, which of its routes fail or are slow, and its errors one by one.",
        (
            Chart(f"{identifier}-levels", "Lines by level", "", "level", "Level", _LINES),
            Chart(
                f"{identifier}-failing", "Answers of 500 and above by route", "status >= 500", "route", "Route", _LINES
            ),
        ),
        (
            Chart(
                f"{identifier}-routes",
                "Routes with most requests",
                'event: "request"',
                "route",
                "Route",
                (
                    Figure("Requests"),
                    Figure("95 % within (ms)", "duration_ms"),
                    Figure("99 % within (ms)", "duration_ms", 99),
                ),
            ),
            Chart(f"{identifier}-reasons", "Why payments fail", "event: *payment*failed*", "reason", "Reason", _LINES),
            Chart(
                f"{identifier}-events", "Warnings and errors", 'level: ("WARNING" or "ERROR")', "event", "Event", _LINES
            ),
        ),
        (LogPattern.ERROR, LogPattern.PAYMENT_FAILED),
    )


def _security(settings: Settings) -> _Board:
    identifier = log_board_id(settings, LogBoard.SECURITY)
    events = "security_event: *"
    return _Board(
        LogBoard.SECURITY,
        f"Security of {settings.service}, by its logs",
        "Security events by kind and by who caused them, and the lines on refused keys and rate limits one by one.",
        (
            Chart(f"{identifier}-events", "Security events by kind", events, "security_event", "Kind", _LINES),
            Chart(
                f"{identifier}-refused",
                "Refused requests by route",
                "status: (401 or 403 or 429)",
                "route",
                "Route",
                _LINES,
            ),
        ),
        (
            Chart(f"{identifier}-clients", "Addresses with most events", events, "client", "Address", _LINES),
            Chart(f"{identifier}-merchants", "Merchants with most events", events, "merchant", "Merchant", _LINES),
            Chart(f"{identifier}-keys", "Keys with most events", events, "key_id", "Key", _LINES),
        ),
        (LogPattern.AUTH_FAILED, LogPattern.RATE_LIMIT, LogPattern.PAYMENT_FAILED),
    )


def _charts(settings: Settings, board: _Board) -> list[SavedObject]:
    view = data_view_id(settings)
    return [*(bars_over_time(chart, view) for chart in board.bars), *(table(chart, view) for chart in board.tables)]


def _saved(settings: Settings, board: _Board) -> SavedObject:
    panels: list[dict[str, Any]] = []
    references: list[Reference] = []
    top = 0
    lines = (
        *(tuple((Kind.CHART, chart.id) for chart in charts) for charts in (board.bars, board.tables)),
        *(((Kind.SEARCH, search_id(settings, pattern)),) for pattern in board.searches),
    )
    for line in lines:
        width = _WIDTH // len(line)
        height = _SEARCH_HEIGHT if line[0][0] is Kind.SEARCH else _CHART_HEIGHT
        for place, (kind, identifier) in enumerate(line):
            number = str(len(panels) + 1)
            panels.append(
                {
                    "version": _PANELS,
                    "type": kind.value,
                    "gridData": {"x": place * width, "y": top, "w": width, "h": height, "i": number},
                    "panelIndex": number,
                    "embeddableConfig": {"enhancements": {}},
                    "panelRefName": f"panel_{number}",
                }
            )
            references.append(Reference(f"{number}:panel_{number}", kind, identifier))
        top += height
    attributes = {
        "title": board.title,
        "description": board.description,
        "panelsJSON": as_text(panels),
        "optionsJSON": as_text({"useMargins": True, "syncColors": False, "hidePanelTitles": False}),
        "timeRestore": True,
        "timeFrom": "now-1h",
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 30_000},
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": as_text({"query": kql(""), "filter": []})},
    }
    return SavedObject(Kind.BOARD, log_board_id(settings, board.board), attributes, tuple(references))
