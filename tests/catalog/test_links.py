"""Addresses that Grafana completes."""

from __future__ import annotations

from urllib.parse import unquote

from payment_catalog.links import logs_link
from payment_catalog.settings import Settings


def test_what_grafana_fills_in_stands_as_it_is_and_everything_else_is_written_for_an_address() -> None:
    link = logs_link(Settings(), 'event: "it\'s & so" and type: "${__field.labels.type}"')
    assert "${__field.labels.type}" in link
    assert "from:'${__from:date:iso}'" in link
    rest = link.partition("query:(")[2].replace("${__field.labels.type}", "")
    assert not set(rest) & set(' "&${}')
    assert "it!'s & so" in unquote(rest)
