"""promtool and amtool: findings as data, time limits, and what to do when they are missing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from payment_alerts import promtool
from payment_alerts.amtool import Amtool
from payment_alerts.promtool import Promtool
from payment_alerts.tool import ToolError, find_tool

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n"


def write(directory: Path, name: str, text: str) -> Path:
    file = directory / name
    file.write_text(text)
    return file


def script(directory: Path, text: str) -> str:
    file = write(directory, "tool", f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_good_rules_have_no_finding(tmp_path: Path) -> None:
    assert Promtool().check_rules([write(tmp_path, "rules.yaml", GOOD)]) == ()


def test_a_syntax_error_is_found_with_file_line_and_rule(tmp_path: Path) -> None:
    file = write(tmp_path, "rules.yaml", GOOD.replace("up == 0", "sum(up"))
    (finding,) = Promtool().check_rules([file])
    assert (finding.file, finding.line, finding.rule) == (str(file), 5, "A")
    assert "parse error" in finding.message


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (GOOD.replace("rules:", "rulez:"), 3, "rulez"),
        (GOOD.replace("up == 0", "up == 0\n    for: soon"), 0, "soon"),
        ("groups: [", 0, "yaml"),
    ],
)
def test_a_file_that_is_no_rule_file_is_found(tmp_path: Path, text: str, line: int, says: str) -> None:
    file = write(tmp_path, "rules.yaml", text)
    findings = Promtool().check_rules([file])
    assert any(says in finding.message for finding in findings)
    assert {finding.file for finding in findings} == {str(file)}
    assert line in {finding.line for finding in findings}


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    findings = Promtool().check_rules([tmp_path / "nowhere.yaml"])
    assert any("nowhere.yaml" in finding.message for finding in findings)


def test_nothing_to_check_is_a_finding() -> None:
    assert Promtool().check_rules([]) != ()


@pytest.mark.parametrize("begin", ["Unit Testing:  {}", "Processing test file: {}"], ids=["2.x", "3.x"])
def test_a_failure_is_read_as_each_version_prints_it(tmp_path: Path, begin: str) -> None:
    file = write(tmp_path, "tests.yaml", "tests:\n- name: 'A: fires'\n")
    printed = f"""{begin.format(file)}
  FAILED:
    expr: "ALERTS{{alertname=\\"A\\", alertstate=\\"firing\\"}}", time: 2m,
        exp: {{alertname="A"}} 1E+00
        got: nil
"""
    found = list(promtool._parse(printed, "elsewhere"))
    assert {(finding.file, finding.line, finding.rule) for finding in found} == {(str(file), 2, "A")}
    assert [finding.message for finding in found][1:] == ['exp: {alertname="A"} 1E+00', "got: nil"]


def test_a_failing_unit_test_is_found_by_the_name_of_its_alert(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", GOOD)
    file = write(
        tmp_path,
        "tests.yaml",
        "rule_files: [rules.yaml]\n"
        "tests:\n"
        "- name: 'A: fires'\n"
        "  interval: 1m\n"
        "  input_series: [{series: up, values: '1 1 1'}]\n"
        "  promql_expr_test:\n"
        '  - expr: ALERTS{alertname="A", alertstate="firing"}\n'
        "    eval_time: 2m\n"
        '    exp_samples: [{labels: \'ALERTS{alertname="A", alertstate="firing"}\', value: 1}]\n',
    )
    findings = Promtool().test_rules([file])
    assert {(finding.file, finding.line, finding.rule) for finding in findings} == {(str(file), 3, "A")}
    assert any(finding.message.startswith("got:") for finding in findings)


def test_a_wrong_configuration_of_prometheus_is_found(tmp_path: Path) -> None:
    file = write(tmp_path, "prometheus.yml", "scrape_config: []\n")
    assert any("scrape_config" in finding.message for finding in Promtool().check_config(file))


def test_a_wrong_configuration_of_alertmanager_is_found(tmp_path: Path) -> None:
    file = write(tmp_path, "alertmanager.yml", "route: {}\n")
    (finding,) = Amtool().check_config(file)
    assert "receiver" in finding.message


def test_a_failure_in_words_that_nobody_knows_is_still_a_finding(tmp_path: Path) -> None:
    tool = Promtool(script(tmp_path, "echo the sky is falling; exit 3"))
    (finding,) = tool.check_rules([write(tmp_path, "rules.yaml", GOOD)])
    assert finding.message == "the sky is falling"


def test_a_failure_without_words_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="code 3"):
        Promtool(script(tmp_path, "exit 3")).check_rules([write(tmp_path, "rules.yaml", GOOD)])


def test_a_tool_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"did not end within 0\.2 s"):
        Promtool(script(tmp_path, "exec sleep 60"), timeout=0.2).version()


def test_a_missing_tool_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PROMTOOL", raising=False)
    with pytest.raises(ToolError, match="apt-get install prometheus"):
        find_tool("promtool")


def test_the_environment_chooses_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = script(tmp_path, "true")
    monkeypatch.setenv("PROMTOOL", chosen)
    assert find_tool("promtool") == chosen
    monkeypatch.setenv("PROMTOOL", os.devnull)
    with pytest.raises(ToolError, match="PROMTOOL"):
        find_tool("promtool")
