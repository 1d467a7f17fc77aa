"""``payobs catalog`` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Result, payobs

from payment_bundle.catalog_browser.entries import unit
from payment_bundle.catalog_browser.entry import Kind
from payment_catalog.thresholds import THRESHOLDS

ROOT = Path(__file__).parents[2]


def catalog(*arguments: str) -> Result:
    return payobs("catalog", *arguments, "--config", str(ROOT / "bundle.yaml"))


def sheet(kind: Kind, name: str) -> dict[str, Any]:
    result = catalog(kind, name, "--output", "json")
    assert result.code == 0, result.err
    (entry,) = json.loads(result.out)[kind]
    found: dict[str, Any] = entry
    return found


@pytest.fixture(scope="module")
def everything() -> dict[str, list[dict[str, Any]]]:
    document = json.loads(catalog("--output", "json").out)
    assert (document.pop("version"), document.pop("command"), document.pop("ok")) == (1, "catalog", True)
    found: dict[str, list[dict[str, Any]]] = document
    return found


def test_every_kind_is_there(everything: dict[str, list[dict[str, Any]]]) -> None:
    assert set(everything) == set(Kind)
    for entries in everything.values():
        names = [entry["name"] for entry in entries]
        assert len(set(names)) == len(names) > 0


def test_every_alert_has_its_page_and_every_file_is_generated(everything: dict[str, list[dict[str, Any]]]) -> None:
    for entry in everything["alerts"]:
        assert (ROOT / "generated" / entry["runbook"]).is_file(), entry["name"]
        assert f"alert: {entry['name']}\n" in (ROOT / "generated" / entry["file"]).read_text(encoding="utf-8")


def test_every_limit_moves_an_alert(everything: dict[str, list[dict[str, Any]]]) -> None:
    moved = {entry["name"]: entry["alerts"] for entry in everything["thresholds"]}
    assert set(moved) == {key.value for key in THRESHOLDS}
    assert moved["error_ratio"] == ["ErrorRateHigh", "ErrorRateCritical"]
    assert all(moved.values()), moved


def test_a_metric_tells_who_publishes_and_who_reads_it() -> None:
    metric = sheet(Kind.METRICS, "http_requests_total")
    assert metric["type"] == "counter"
    assert metric["published_by"] == ["payment-service"]
    assert any(label.startswith("code: ") for label in metric["labels"])
    assert "job:http_requests:rate5m" in metric["recordings"]
    assert any(panel.startswith("payment-application: ") for panel in metric["panels"])


def test_a_histogram_is_found_by_the_names_of_its_series() -> None:
    metric = sheet(Kind.METRICS, "http_request_duration_seconds_bucket")
    assert metric["name"] == "http_request_duration_seconds"
    assert metric["unit"] == "seconds"
    assert "PaymentSuccessRateCritical" not in metric["alerts"]


def test_what_two_programs_publish_stands_once(everything: dict[str, list[dict[str, Any]]]) -> None:
    (metric,) = [entry for entry in everything["metrics"] if entry["name"] == "process_open_fds"]
    assert metric["published_by"] == ["payment-service", "payment-exporter"]


def test_an_alert_tells_its_rule_and_where_it_is_shown() -> None:
    alert = sheet(Kind.ALERTS, "ErrorRateHigh")
    assert (alert["severity"], alert["priority"], alert["keep_firing_for"]) == ("warning", "P2", "10m")
    assert alert["expr"].startswith("job:http_requests_5xx:rate5m / ")
    assert "payment-service: Error rate" in alert["panels"]


@pytest.mark.parametrize(("name", "found"), [("unit_seconds_total", "seconds"), ("a_bytes", "bytes"), ("a_total", "")])
def test_units_are_those_that_names_end_in(name: str, found: str) -> None:
    assert unit(name) == found


def test_names_are_found_in_whatever_case() -> None:
    assert sheet(Kind.ALERTS, "errorratehigh")["name"] == "ErrorRateHigh"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    result = catalog("alerts", "ErrorRateHi", "--output", "json")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("payobs: there is no alert 'ErrorRateHi'; the nearest are ErrorRateHigh, ")
    assert "'payobs catalog slos' names them all" in catalog("slos", "zzz").err


def test_searching_goes_through_all_kinds() -> None:
    found = json.loads(catalog("--search", "REFUND RATE", "--output", "json").out)
    names = {kind: [entry["name"] for entry in found[kind]] for kind in Kind}
    assert names["thresholds"] == ["refund_ratio"]
    assert "RefundRateHigh" in names["alerts"]
    assert "ErrorRateHigh" not in names["alerts"]


def test_a_search_without_result_says_so() -> None:
    result = catalog("--search", "nothing-like-this")
    assert (result.code, result.out, result.err) == (0, "", "nothing found\n")


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [(("alerts",), 60), (("alerts",), 100), (("metrics", "http_requests_total"), 60), (("recordings",), 60)],
)
def test_no_line_is_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = catalog(*arguments).out.splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= columns


def test_nothing_of_an_expression_is_taken_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert "rate(failed_auth_total[5m]) > 10" in catalog("alerts", "HighFailedAuthRate").out


def test_markdown_has_a_table_and_a_sheet() -> None:
    listed = catalog("slos", "--output", "markdown").out
    assert "| name | target | window | title |" in listed
    assert "| `availability` | 0.99 | 30d | Requests are answered |" in listed
    told = catalog("alerts", "ErrorRateHigh", "--output", "markdown").out
    assert told.startswith("## ErrorRateHigh\n")
    assert "- **severity**: warning\n" in told
    assert "- **expr**: `job:http_requests_5xx:rate5m / (job:http_requests:rate5m > 0) > 0.01" in told


def test_without_a_kind_there_are_counts() -> None:
    assert f"{len(THRESHOLDS):5}  thresholds\n" in catalog().out


def test_a_name_and_a_search_exclude_each_other() -> None:
    assert catalog("alerts", "ErrorRateHigh", "--search", "x").code == 2
