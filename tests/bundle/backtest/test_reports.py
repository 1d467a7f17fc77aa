"""Whoever reads a report, in whichever form, finds what happened and how it was detected."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from backtest_story import WAIT, Story

from payment_bundle.backtest.lengths import length
from payment_bundle.backtest.report.as_json import as_json
from payment_bundle.backtest.report.markdown import markdown
from payment_bundle.backtest.report.page import page
from payment_bundle.backtest.report.terminal import show
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.report.content import Report

WICKED = "<script>alert(1)</script> | *bold* [x](y)"


def story(kind: str = "gateway errors") -> Story:
    told = Story(weeks=2)
    told.happens(kind, 10, 40, "ErrorRateCritical", spends=frozenset({"availability"}))
    told.fires("ErrorRateCritical", 12, 47)
    told.fires("AvailabilityErrorBudgetBurnFast", 13, 50)
    told.happens("outage unseen", 600, 660, "PaymentServiceDown", priority=Priority.P0)
    told.happens("rolling restart", 900, 905, priority=None)
    told.fires("ApiLatencyCritical", 902, 910)
    told.fires("PlainTargetDown", 601, 660)
    return told


def text(report: Report) -> str:
    stream = io.StringIO()
    show(report, stream)
    return stream.getvalue()


FORMS = pytest.mark.parametrize("form", [text, markdown, page, as_json])


@FORMS
def test_every_form_tells_of_incidents_alerts_and_goals(form: object) -> None:
    assert callable(form)
    written = form(story().report)
    for said in ("gateway errors", "ErrorRateCritical", "outage unseen", "rolling restart", "ApiLatencyCritical"):
        assert said in written
    assert "P0 and P1 in their response time" in written
    assert "1 of 2" in written


@FORMS
def test_the_same_input_gives_the_same_bytes(form: object) -> None:
    assert callable(form)
    assert form(story().report) == form(story().report)


def test_a_table_says_who_detected_it_and_when() -> None:
    lines = text(story().report).splitlines()
    (row,) = (line for line in lines if line.startswith("|gateway errors"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["gateway errors", "–", "P1", "ErrorRateCritical", "1", "1", "1", f"2m{WAIT}s", "7m", "1.00"]


def test_what_was_missed_and_what_was_false_have_tables_of_their_own() -> None:
    lines = markdown(story().report).splitlines()
    missed, false = (lines.index(f"## {title}") for title in ("Not detected, or too late", "False pages"))
    assert "outage unseen" in "\n".join(lines[missed:false])
    assert "rolling restart (harmless)" in "\n".join(lines[false:])


def test_a_report_without_a_terminal_is_plain_and_not_cut() -> None:
    written = text(story("an incident with a name that is far too long for the usual eighty columns of text").report)
    assert "\x1b" not in written
    assert "an incident with a name that is far too long for the usual eighty columns of text" in written
    assert all(line == line.rstrip() for line in written.splitlines())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_report_on_a_terminal_has_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    show(story().report, stream)
    assert "\x1b[31m" in stream.getvalue()


def test_markdown_shows_any_title_as_it_is() -> None:
    written = markdown(story(WICKED).report)
    assert "<script>" not in written
    tables = [line for line in written.splitlines() if line.startswith("|")]
    assert any("\\<script\\>" in line and "\\|" in line for line in tables)


def test_markdown_tables_have_as_many_cells_as_columns() -> None:
    blocks = [block.splitlines() for block in markdown(story(WICKED).report).split("\n\n") if block.startswith("|")]
    assert len(blocks) > 5
    for head, rule, *rows in blocks:
        assert set(rule) <= set("|-: ")
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in (head, rule, *rows)} == {len(head.split("|")) - 1}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_has_no_script_needs_nothing_else_and_escapes_titles() -> None:
    tags = Tags()
    tags.feed(page(story(WICKED).report))
    assert "script" not in tags.tags
    assert tags.handlers == []
    assert tags.addresses == ["data:,"]
    assert WICKED in tags.words


def drawings(written: str) -> list[ET.Element]:
    return [ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", written, re.DOTALL)]


def test_the_page_draws_incidents_pages_and_false_pages_by_week() -> None:
    weeks, *_ = drawings(page(story().report))
    assert len(weeks.findall("g")) == 2
    styles = [mark.get("class") for mark in weeks.iter("rect")]
    assert sorted(map(str, styles)) == ["false", "harmless", "p0", "p1", "page"]
    said = [found.text or "" for found in weeks.iter("title")]
    assert any("gateway errors" in one and f"ErrorRateCritical after 2m{WAIT}s" in one for one in said)
    assert any("outage unseen" in one and "not detected" in one for one in said)


def test_the_page_draws_the_time_to_detect_of_each_incident() -> None:
    _, detection, *_ = drawings(page(story().report))
    (dot,) = detection.iter("circle")
    (missed,) = detection.iter("path")
    assert dot.get("class") == "p1"
    assert missed.get("class") == "missed p0"


def test_a_slower_detection_stands_further_to_the_right() -> None:
    slow, quick = Story(), Story()
    for told, delay in ((quick, 1), (slow, 20)):
        told.happens("errors", 10, 60, "ErrorRateCritical")
        told.fires("ErrorRateCritical", 10 + delay, 70)
    places = [float(next(drawings(page(told.report))[1].iter("circle")).get("cx", "")) for told in (quick, slow)]
    assert places[0] < places[1]


def test_the_page_draws_false_pages_by_alert() -> None:
    told = story()
    told.fires("ApiLatencyCritical", 1200, 1210)
    told.fires("CircuitBreakerOpen", 1500, 1510)
    bars = drawings(page(told.report))[3]
    names = [found.text for found in bars.iter("text")]
    assert names == ["ApiLatencyCritical", "1.00", "CircuitBreakerOpen", "0.50"]


def test_a_page_without_false_pages_says_so() -> None:
    assert "Nobody was woken for nothing." in page(Story().report)


def test_an_empty_history_has_a_report_in_every_form() -> None:
    report = replace(Story().report, goals=())
    for form in (text, markdown, page, as_json):
        assert "Backtest" in form(report)


def test_json_has_times_in_seconds() -> None:
    content = json.loads(as_json(story().report))
    first, second = content["alerts"]["incidents"]
    assert (first["kind"], first["time_to_detect"], first["time_to_clear"], first["in_time"]) == (
        "gateway errors",
        120 + WAIT,
        420,
        True,
    )
    assert second["detected_by"] is None
    assert content["alerts"]["false_pages"][0]["during"]["kind"] == "rolling restart"
    assert content["plain_thresholds"]["pages_per_incident"] == 0.5
    assert {row["objective"] for row in content["slo"]} == {"success", "availability", "latency"}


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(None, "–"), (0, "0s"), (59.6, "1m"), (90, "1m30s"), (3600, "1h"), (5400, "1h30m"), (90_000, "1d1h")],
)
def test_lengths(seconds: float | None, written: str) -> None:
    assert length(seconds) == written
