"""The hooks for pre-commit: keys and values that it knows, commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import payobs

ROOT = Path(__file__).parents[1]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
#: https://pre-commit.com/#creating-new-hooks
TYPES = {
    "id": str,
    "name": str,
    "description": str,
    "entry": str,
    "language": str,
    "language_version": str,
    "files": str,
    "exclude": str,
    "types": list,
    "types_or": list,
    "exclude_types": list,
    "always_run": bool,
    "fail_fast": bool,
    "verbose": bool,
    "pass_filenames": bool,
    "require_serial": bool,
    "minimum_pre_commit_version": str,
    "args": list,
    "stages": list,
}
REQUIRED = {"id", "name", "entry", "language"}


def test_there_are_the_two_hooks() -> None:
    assert [hook["id"] for hook in HOOKS] == ["payobs-generate", "payobs-check"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_has_what_pre_commit_knows(hook: dict[str, Any]) -> None:
    assert hook.keys() >= REQUIRED
    assert {key for key, value in hook.items() if not isinstance(value, TYPES.get(key, ()))} == set()
    assert hook["language"] == "python"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_for_settings_and_generated_files_and_takes_no_names(hook: dict[str, Any]) -> None:
    assert not hook["pass_filenames"]
    concerned = re.compile(hook["files"])
    assert concerned.search("bundle.yaml")
    assert concerned.search("generated/prometheus/rules/api.yaml")
    assert not concerned.search("docs/generated/page.md")
    assert not concerned.search("old/bundle.yaml")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_calls_a_command_that_there_is(hook: dict[str, Any]) -> None:
    program, *arguments = shlex.split(hook["entry"])
    assert program == "payobs"
    assert payobs(*arguments, "--help").code == 0
