"""Addresses that alerts, pages and messages share."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

from payment_catalog import promql
from payment_catalog.grafana_names import dashboard_uid
from payment_catalog.log_streams import LogBoard, data_view_id, log_board_id, search_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.log_streams import LogView
    from payment_catalog.settings import Settings
    from payment_catalog.vocabulary import LogPattern

#: A variable of Grafana's.
_FILLED_IN = re.compile(r"(\$\{[^}]*\})")
#: The time that a panel shows, as Grafana fills it in.
_SHOWN = ("${__from:date:iso}", "${__to:date:iso}")


def dashboard_url(settings: Settings, dashboard: AnyDashboard) -> str:
    """Return the address of a dashboard."""
    return f"{settings.urls.grafana}/d/{dashboard_uid(settings, dashboard)}"


def dashboard_at(settings: Settings, dashboard: AnyDashboard, start: datetime, end: datetime) -> str:
    """Return the address of a dashboard for a range of time."""
    return f"{dashboard_url(settings, dashboard)}?from={_milliseconds(start)}&to={_milliseconds(end)}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def expression_url(settings: Settings, expression: str) -> str:
    """Return the address at which Prometheus draws ``expression`` over the last hour."""
    return f"{settings.urls.prometheus}/graph?g0.expr={quote(expression, safe='')}&g0.tab=0&g0.range_input=1h"


def silence_url(settings: Settings, labels: Mapping[str, str]) -> str:
    """Return the address at which Alertmanager proposes a silence for alerts with ``labels``."""
    matchers = ", ".join(f"{name}={promql.quote(value)}" for name, value in labels.items())
    return f"{settings.urls.alertmanager}/#/silences/new?filter={quote(f'{{{matchers}}}', safe='')}"


def runbook_url(settings: Settings, alert: str) -> str:
    """Return the address of the page of ``alert``; services that share their monitoring have a directory each."""
    return f"{runbooks_url(settings)}/{alert}.md"


def runbooks_url(settings: Settings) -> str:
    """Return the address below which the service's pages are."""
    return f"{settings.urls.runbooks}/{settings.service}" if settings.shared else settings.urls.runbooks


def logs_url(settings: Settings) -> str:
    """Return Kibana's address of all lines of the service, over the time that Kibana is set to."""
    return f"{settings.urls.kibana}/app/discover#/?_a=({data_view_state(settings)})"


def logs_link(settings: Settings, query: str) -> str:
    """Return a template of Grafana's for the logs in Kibana that match ``query``, in the time that a panel shows.

    ``query`` is in Kibana's language (KQL); Grafana fills in the time, and what ``query`` has as ``${...}``.
    """
    written = "".join(
        part if _FILLED_IN.fullmatch(part) else quote(part.replace("!", "!!").replace("'", "!'"), safe="")
        for part in _FILLED_IN.split(query)
    )
    query_state = f"query:(language:kuery,query:'{written}')"
    return f"{settings.urls.kibana}/app/discover#/?{_time(*_SHOWN)}&_a=({data_view_state(settings)},{query_state})"


def data_view_state(settings: Settings) -> str:
    """Return the part of Discover's state ``_a`` that names the data view.

    Kibana 8.15 and later turn ``index`` into the ``dataSource`` that they have in its place; all others know no other.
    """
    return f"index:'{data_view_id(settings)}'"


def log_view_url(settings: Settings, view: LogView) -> str:
    """Return Kibana's address of a saved search or a dashboard, over the time that is set, or saved with it."""
    return log_board_url(settings, view) if isinstance(view, LogBoard) else saved_search_url(settings, view)


def log_view_link(settings: Settings, view: LogView) -> str:
    """Return a template of Grafana's for that address, in the time that a panel or a dashboard shows."""
    return f"{log_view_url(settings, view)}?{_time(*_SHOWN)}"


def log_view_at(settings: Settings, view: LogView, start: datetime, end: datetime) -> str:
    """Return that address for a range of time."""
    return f"{log_view_url(settings, view)}?{_time(*(_iso(moment) for moment in (start, end)))}"


def _time(start: str, end: str) -> str:
    return f"_g=(time:(from:'{start}',to:'{end}'))"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def saved_search_url(settings: Settings, pattern: LogPattern) -> str:
    """Return Kibana's address of the saved search for ``pattern``, over the time that Kibana is set to."""
    return f"{settings.urls.kibana}/app/discover#/view/{search_id(settings, pattern)}"


def log_board_url(settings: Settings, board: LogBoard) -> str:
    """Return Kibana's address of a dashboard, over the time that is saved with it."""
    return f"{settings.urls.kibana}/app/dashboards#/view/{log_board_id(settings, board)}"
