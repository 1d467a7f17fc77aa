"""Addresses of logs in Kibana, some of which Grafana completes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest

from payment_catalog.links import log_view_at, log_view_link, logs_link, logs_url
from payment_catalog.log_streams import LogBoard, LogView
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Urls
from payment_catalog.vocabulary import LogPattern

SETTINGS = Settings(service="till", urls=Urls(kibana="https://kibana.example.org"))
VIEWS = {
    LogPattern.RATE_LIMIT: "https://kibana.example.org/app/discover#/view/till-logs-rate-limit",
    LogBoard.SECURITY: "https://kibana.example.org/app/dashboards#/view/till-logs-security",
}


def test_what_grafana_fills_in_stands_as_it_is_and_everything_else_is_written_for_an_address() -> None:
    link = logs_link(Settings(), 'event: "it\'s & so" and type: "${__field.labels.type}"')
    assert "${__field.labels.type}" in link
    assert "from:'${__from:date:iso}'" in link
    rest = link.partition("query:(")[2].replace("${__field.labels.type}", "")
    assert not set(rest) & set(' "&${}')
    assert "it!'s & so" in unquote(rest)


def test_lines_are_looked_for_in_the_view_on_the_streams_of_the_service() -> None:
    state = "_a=(index:'till-logs'"
    assert logs_url(SETTINGS) == f"https://kibana.example.org/app/discover#/?{state})"
    assert f"&{state},query:(" in logs_link(SETTINGS, "status >= 500")


@pytest.mark.parametrize(("view", "address"), VIEWS.items())
def test_a_view_opens_at_the_time_that_is_known(view: LogView, address: str) -> None:
    start = datetime(2026, 11, 25, 22, tzinfo=timezone(timedelta(hours=8)))
    end = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
    time = "from:'2026-11-25T14:00:00Z',to:'2026-11-25T15:30:00Z'"
    assert log_view_at(SETTINGS, view, start, end) == f"{address}?_g=(time:({time}))"
    shown = "from:'${__from:date:iso}',to:'${__to:date:iso}'"
    assert log_view_link(SETTINGS, view) == f"{address}?_g=(time:({shown}))"
