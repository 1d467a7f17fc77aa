"""``--output json``: one document on standard output and nothing else, whatever the command and however it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import Result, payobs

from payment_bundle.drill.drills.every import DRILLS

ROOT = Path(__file__).parents[2]
EDITED = "generated/runbooks/README.md"


@pytest.fixture(scope="module")
def tree(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the settings, and what they generate but for one edited file."""
    home = tmp_path_factory.mktemp("machine") / "home"
    shutil.copytree(shipped, home)
    (home / EDITED).write_text("# mine\n", encoding="utf-8")
    return home


@pytest.fixture
def home(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tree)
    return tree


def document(result: Result, command: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.out)
    assert (found["version"], found["command"]) == (1, command)
    assert found["ok"] is (result.code == 0), result.err
    return found


@pytest.mark.usefixtures("home")
def test_generate_names_the_changes() -> None:
    found = document(payobs("generate", "--dry-run", "--output", "json"), "generate")
    assert (found["out"], found["dry_run"], found["findings"]) == ("generated", True, [])
    assert found["changed"] == ["runbooks/README.md"]
    assert found["added"] == found["removed"] == found["kept"] == []
    assert "prometheus/rules/api.yaml" in found["unchanged"]


@pytest.mark.usefixtures("home")
def test_check_names_the_findings() -> None:
    result = payobs("check", "--quick", "--output", "json")
    assert result.code == 1
    checks = {check["name"]: check for check in document(result, "check")["checks"]}
    assert checks["promtool check rules"] == {
        "name": "promtool check rules",
        "status": "ok",
        "reason": "",
        "findings": [],
    }
    drift = checks["drift of generated files"]
    assert drift["status"] == "failed"
    (finding,) = drift["findings"]
    assert (finding["file"], finding["line"], finding["rule"]) == (EDITED, 1, "drift")
    assert "differs from what is generated" in finding["message"]
    assert {check["status"] for check in checks.values()} <= {"ok", "failed", "not run"}
    assert all(bool(check["reason"]) is (check["status"] == "not run") for check in checks.values())


@pytest.mark.usefixtures("home")
def test_mutate_lists_and_counts() -> None:
    listed = document(payobs("mutate", "--only", "HighFailedAuthRate", "--list", "--output", "json"), "mutate")
    assert listed["mutants"]
    assert {mutant["rule"] for mutant in listed["mutants"]} == {"HighFailedAuthRate"}
    result = payobs("mutate", "--only", "HighFailedAuthRate", "--output", "json")
    found = document(result, "mutate")
    assert found["noticed"] + len(found["survived"]) + len(found["equivalent"]) == len(listed["mutants"])
    assert "noticed" in result.err


@pytest.mark.usefixtures("home")
def test_drills_are_listed() -> None:
    found = document(payobs("drill", "--list", "--output", "json"), "drill")
    assert [drill["name"] for drill in found["drills"]] == [drill.name for drill in DRILLS]
    assert all(drill["expected"] for drill in found["drills"])


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--config", "nowhere.yaml"),
        ("check", "--config", "nowhere.yaml"),
        ("mutate", "--only", "Nobody"),
        ("drill", "--list", "nobody"),
        ("catalog", "alerts", "Nobody"),
        ("import-rules", "nowhere.yaml"),
        ("logs", "trace", "nowhere.log"),
        ("generate", "--only", "nothing"),
    ],
)
def test_an_error_prints_no_document(arguments: tuple[str, ...]) -> None:
    result = payobs(*arguments, "--output", "json")
    assert (result.code, result.out) == (2, "")
    assert result.err


def test_findings_of_generate_are_in_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from payment_bundle import checks  # noqa: PLC0415 - to be changed
    from payment_catalog.findings import Finding  # noqa: PLC0415

    wrong = (Finding("alerts.py", 3, "ErrorRateHigh", "metric 'x' is not declared"),)
    monkeypatch.setattr(checks, "source_findings", lambda *_: wrong)
    shutil.copy(ROOT / "bundle.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = payobs("generate", "--output", "json")
    assert result.code == 1
    assert document(result, "generate")["findings"] == [
        {"file": "alerts.py", "line": 3, "rule": "ErrorRateHigh", "message": "metric 'x' is not declared"}
    ]
    assert not (tmp_path / "generated").exists()
