"""``payobs import-rules`` as a person and as a program reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import payobs

ROOT = Path(__file__).parents[3]
EXAMPLE = str(ROOT / "docs/examples/existing-rules.yaml")
CONFIG = ("--config", str(ROOT / "bundle.yaml"))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    result = payobs("import-rules", EXAMPLE, *CONFIG, "--output", "json")
    assert result.code == 1, result.err
    found: dict[str, Any] = json.loads(result.out)
    return found


def test_the_example_of_the_documentation_shows_the_verdicts(document: dict[str, Any]) -> None:
    assert {rule["name"]: (rule["verdict"], rule["ours"]) for rule in document["rules"]} == {
        "TooManyErrors": ("covered", ["ErrorRateCritical", "ErrorRateHigh", "AvailabilityErrorBudgetBurnFast"]),
        "DiskAlmostFull": ("looser", ["DiskUsageHigh"]),
        "HighFailedAuthRate": ("duplicate", ["HighFailedAuthRate"]),
        "ManyMethods": ("new", []),
        "ManyTimeouts": ("unknown", []),
        "shop:requests:rate5m": ("new", []),
    }


def test_machines_get_the_summary_too(document: dict[str, Any]) -> None:
    assert (document["version"], document["command"], document["ok"]) == (1, "import-rules", False)
    assert document["summary"] == {
        "covered": 1,
        "stricter": 0,
        "looser": 1,
        "duplicate": 1,
        "new": 2,
        "unknown": 1,
        "invalid": 0,
    }
    assert {(rule["file"], rule["group"]) for rule in document["rules"]} == {(EXAMPLE, "shop")}


def test_people_read_a_line_for_each_rule_and_the_counts() -> None:
    result = payobs("import-rules", EXAMPLE, *CONFIG)
    assert result.code == 1
    assert f"{EXAMPLE}:13: looser    DiskAlmostFull: DiskUsageHigh of ours watches the same" in result.out
    assert "http_request_total (ours is http_requests_total)" in result.out
    assert "    1  duplicate  the same rule twice, or one of ours\n" in result.out
    assert result.out.endswith("    6  rules\n")


def test_rules_that_clash_with_nothing_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("groups:\n- name: g\n  rules:\n  - {alert: A, expr: count(payments_total) > 9}\n", encoding="utf-8")
    result = payobs("import-rules", str(file), *CONFIG, "--output", "json")
    assert result.code == 0
    assert json.loads(result.out)["ok"]


def test_before_there_are_settings_the_runbooks_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = payobs("import-rules", EXAMPLE, "--output", "json")
    assert result.code == 1
    assert json.loads(result.out)["summary"]["looser"] == 1
    assert "bundle.yaml is not there: the runbook's settings are used" in result.err


def test_what_steers_a_terminal_does_not_get_there(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text('groups:\n- name: g\n  rules:\n  - {alert: "A\\e[2J", expr: "up ==\\e[2J"}\n', encoding="utf-8")
    assert "\x1b" not in payobs("import-rules", str(file), *CONFIG).out


def test_a_file_that_is_not_there_is_bad_usage() -> None:
    result = payobs("import-rules", "nowhere.yaml", *CONFIG, "--output", "json")
    assert (result.code, result.out) == (2, "")
    assert result.err == "payobs: nowhere.yaml cannot be read: No such file or directory\n"
