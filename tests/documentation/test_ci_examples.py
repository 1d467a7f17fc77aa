"""The examples for CI: what the schemas ask for, and what their scripts do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from documentation.reader import Reader, new_reader
from documentation.servers import grafana
from fences import ROOT, Command, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = ROOT / "docs/examples"
GITHUB, GITLAB = EXAMPLES / "github-actions.yml", EXAMPLES / "gitlab-ci.yml"
SCHEMAS = {
    GITHUB: "vendor.github-workflows",
    GITLAB: "vendor.gitlab-ci",
    EXAMPLES / "compose/compose.yaml": "vendor.compose-spec",
}
#: What begins a line that installs something, which no test does.
INSTALLS = ("pip install ", "apt-get ", "sudo apt-get ")
#: The unit tests of all rules have a test of their own.
SHORTENED = {"payobs check": "payobs check --quick"}


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_the_schema_is_kept_to(file: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    result = subprocess.run(
        [str(program), "--builtin-schema", SCHEMAS[file], str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def github_scripts() -> Iterator[tuple[str, str]]:
    """Each script with the job that it is in."""
    for job, content in yaml.safe_load(GITHUB.read_text())["jobs"].items():
        yield from ((job, step["run"]) for step in content["steps"] if "run" in step)


def gitlab_scripts() -> Iterator[tuple[str, str]]:
    for job, content in yaml.safe_load(GITLAB.read_text()).items():
        if isinstance(content, dict) and "script" in content:
            yield job, "\n".join((*content.get("before_script", ()), *content["script"]))


@pytest.fixture(scope="module")
def reader(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody whose project is a repository, with a Grafana and the token that CI keeps."""
    reader = new_reader(tmp_path_factory.mktemp("ci"), shipped)
    with reader.opened, grafana(reader):
        token = reader.home / ".grafana-token"
        runner = reader.directory / "runner"
        runner.mkdir()
        reader.environment |= {
            "GRAFANA_TOKEN": token.read_text().strip(),
            "GRAFANA_TOKEN_FILE": str(token),
            "RUNNER_TEMP": str(runner),
        }
        commit = "git -c user.name=me -c user.email=me@host commit --quiet --message=begin"
        reader.type(command(f"payobs generate && git init --quiet && git add . && {commit}"))
        yield reader


def command(shell: str, code: int = 0) -> Command:
    return Command("ci", shell, (), Run(code))


def executed(script: str) -> str:
    lines = (line for line in script.splitlines() if not line.startswith(INSTALLS))
    return "\n".join(SHORTENED.get(line, line) for line in lines)


@pytest.mark.parametrize("scripts", [github_scripts, gitlab_scripts])
def test_the_scripts_run(scripts: Any, reader: Reader) -> None:
    jobs = {job for job, _ in scripts()}
    assert jobs == {"check", "push"}
    for _, script in scripts():
        if shell := executed(script):
            reader.type(command(f"set -e\n{shell}\nset +e"))
    assert list((reader.directory / "runner").iterdir()) == []


@pytest.mark.parametrize("scripts", [github_scripts, gitlab_scripts])
def test_what_is_not_generated_is_found(scripts: Any, reader: Reader) -> None:
    reader.merge("bundle.yaml", {"thresholds": {"error_ratio": {"warning": 0.02}}})
    (script,) = [script for _, script in scripts() if "git diff" in script]
    until_diff = executed(script).partition("payobs check")[0]
    process = reader.start(f"set -e\n{until_diff}")
    assert process.wait() == 1
    assert "generated/prometheus/rules/api.yaml" in process.output
    reader.type(command("git reset --quiet --hard"))


def test_nothing_that_others_write_is_put_into_a_script() -> None:
    assert [script for _, script in github_scripts() if "${{" in script] == []


def test_the_token_is_never_an_argument() -> None:
    for _, script in (*github_scripts(), *gitlab_scripts()):
        for line in script.splitlines():
            assert not (line.startswith("payobs") and "$GRAFANA_TOKEN" in line.replace("$GRAFANA_TOKEN_FILE", ""))
