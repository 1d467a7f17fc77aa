"""What somebody relies on who misses log lines."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from payment_catalog.dashboards import Dashboard
from payment_catalog.vocabulary import LogPattern

#: Of what is not asked of Elasticsearch: a part of the metric's name, and who must run.
PUBLISHERS = {"fluentd": "Fluentd", "log_archive": "collector 'archive'", "kube_cronjob": "kube-state-metrics"}

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
    assert 'level: "ERROR"' in unquote(links[LogPattern.ERROR][0]["url"])
    assert "payment" in unquote(links[LogPattern.PAYMENT_FAILED][0]["url"])


def test_a_panel_says_what_it_needs(boards: Boards) -> None:
    for found in boards[Dashboard.LOGS]["panels"]:
        for target in found.get("targets", []):
            publisher = next((needed for part, needed in PUBLISHERS.items() if part in target["expr"]), "Elasticsearch")
            assert publisher in found["fieldConfig"]["defaults"]["noValue"]
