"""What somebody relies on who misses log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.error_lines_unexplained import UNEXPLAINED
from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.links import log_view_link, saved_search_url
from payment_catalog.log_series import log_series
from payment_catalog.log_streams import LogBoard
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import LogPattern
from payment_dashboards.boards.logs_lines import unexplained
from payment_dashboards.kit import Kit

from .evaluation import evaluates

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = build_catalog(Settings())
KIT = Kit(CATALOG, watching(alert_groups(CATALOG)))
SERIES = log_series(CATALOG.settings)

#: Of what is not asked of Elasticsearch: a part of the metric's name, and who must run.
PUBLISHERS = {
    "fluentd": "Fluentd",
    "payment_log_lines": "Fluentd",
    "log_archive": "collector 'archive'",
    "kube_cronjob": "kube-state-metrics",
}

Boards = dict[Dashboard, dict[str, Any]]


def panel(boards: Boards, title: str) -> dict[str, Any]:
    return next(found for found in boards[Dashboard.LOGS]["panels"] if found["title"] == title)


def test_the_health_of_the_cluster_has_a_word_for_each_figure_of_its_query(boards: Boards) -> None:
    for title in ("Elasticsearch", "Health of Elasticsearch"):
        found = panel(boards, title)
        mapping, *_ = found["fieldConfig"]["defaults"]["mappings"]
        words = {value: option["text"] for value, option in mapping["options"].items()}
        assert words == {"0": "green", "1": "yellow", "2": "red"}
        terms = found["targets"][0]["expr"].split(" + ")
        for (figure, word), term in zip(words.items(), terms, strict=True):
            assert f"{figure} * " in term
            assert f'color="{word}"' in term


def test_each_pattern_of_the_runbook_leads_to_its_lines(boards: Boards) -> None:
    overrides = panel(boards, "Lines that the runbook looks for")["fieldConfig"]["overrides"]
    links = {
        override["matcher"]["options"]: override["properties"][0]["value"]
        for override in overrides
        if override["properties"][0]["id"] == "links"
    }
    assert {pattern: link["title"] for pattern, (link,) in links.items()} == {
        pattern: f"Lines: {pattern}" for pattern in LogPattern
    }
    for pattern, (link,) in links.items():
        address, _, time = link["url"].partition("?")
        assert address == saved_search_url(Settings(), LogPattern(pattern))
        assert time == "_g=(time:(from:'${__from:date:iso}',to:'${__to:date:iso}'))"


def test_a_panel_says_what_it_needs(boards: Boards) -> None:
    for found in boards[Dashboard.LOGS]["panels"]:
        for target in found.get("targets", []):
            publisher = next((needed for part, needed in PUBLISHERS.items() if part in target["expr"]), "Elasticsearch")
            assert publisher in found["fieldConfig"]["defaults"]["noValue"]


def test_kibanas_dashboards_are_at_the_top_at_the_time_that_is_shown(boards: Boards) -> None:
    found = {
        dashboard: [link["url"] for link in board["links"] if "/app/dashboards" in link.get("url", "")]
        for dashboard, board in boards.items()
    }
    operations, security = (log_view_link(Settings(), board) for board in LogBoard)
    assert found[Dashboard.LOGS] == [operations, security]
    assert found[Dashboard.SECURITY] == [security]
    assert found[Dashboard.APPLICATION] == [operations]
    assert all("${__from:date:iso}" in url for url in found[Dashboard.LOGS])


def test_lines_that_fluentd_read_stand_beside_those_that_are_found(boards: Boards) -> None:
    found = panel(boards, "Lines read, and lines found")
    assert [target["expr"].partition("{")[0] for target in found["targets"]] == [SERIES.held.record, SERIES.read.record]
    assert any(link["url"].endswith("/LogLinesMissing.md") for link in found["links"])


def test_errors_beyond_failed_requests_are_drawn_with_their_limit(tmp_path: Path) -> None:
    (query,) = unexplained(KIT).queries
    place = 'environment="production", namespace="payment-service"'
    series = {
        f'{SERIES.counted}{{{place}, pattern="error"}}': "7+0x60",
        f'{SERIES.counted}{{{place}, pattern="auth_failed"}}': "9+0x60",
        f'job:http_requests_5xx:rate5m{{{place}, job="payment-service"}}': "2+0x60",
    }
    evaluates(tmp_path, query.expr, series, {f"{{{place}}}": 1})
    assert unexplained(KIT).limits.warning == UNEXPLAINED
