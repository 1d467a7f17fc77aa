"""A project outside the repository installs the wheel, and adds a metric, an alert, an incident and a panel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from extension_home import EXAMPLE

from payment_alerts.tool import find_tool

ROOT = EXAMPLE.parents[1]
ALERT, METRIC, PANEL = "LedgerPostingsPileUp", "ledger_postings_pending", "Postings pending"
PACKAGES = sorted(found.parent.name for found in ROOT.glob("*/payment_*/__init__.py"))


def succeed(*command: str, directory: Path) -> None:
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def wheel_of(project: Path, wheels: Path) -> Path:
    """Build the wheel of a project."""
    before = set(wheels.glob("*.whl"))
    succeed(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels), directory=project)
    (wheel,) = set(wheels.glob("*.whl")) - before
    return wheel


@dataclass(frozen=True)
class Project:
    """A project with an environment of its own, in which the wheels are installed."""

    directory: Path
    bin: Path
    wheel: Path

    def run(self, program: str, *arguments: str, directory: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; nothing leads it to the source tree."""
        return subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=directory or self.directory,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def read(self, path: str) -> str:
        """Return a generated file."""
        return (self.directory / "generated" / path).read_text()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the example as a project of somebody else's, with its files generated."""
    base = tmp_path_factory.mktemp("elsewhere")
    directory, wheels, environment = base / "ledger", base / "wheels", base / "venv"
    shutil.copytree(EXAMPLE, directory, ignore=shutil.ignore_patterns("__pycache__"))
    wheels.mkdir()
    wheel, theirs = wheel_of(ROOT, wheels), wheel_of(directory, wheels)
    venv.create(environment, symlinks=True)
    python = str(environment / "bin" / "python")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-compile",
    )
    succeed(*pip, str(wheel), str(theirs), directory=base)
    # What the bundle depends on, from where the tests have it: a path that is added so is read last.
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n{sysconfig.get_paths()['platlib']}\n")
    for source in ("ledger_observability.py", "ledger_metrics.py"):
        (directory / source).unlink()  # it is installed
    made = Project(directory, environment / "bin", wheel)
    result = made.run("payobs", "generate")
    assert result.returncode == 0, result.stdout + result.stderr
    return made


def test_the_wheel_has_every_file_of_every_package(project: Project) -> None:
    with zipfile.ZipFile(project.wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {
        file.relative_to(package.parent).as_posix()
        for package in ROOT.glob("*/payment_*")
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert packed == files
    assert {f"{package}/py.typed" for package in PACKAGES} <= packed
    assert any(name.endswith(".j2") for name in packed)
    assert any("/migrations/versions/" in name for name in packed)


def test_every_package_comes_from_the_wheel(project: Project) -> None:
    program = f"import {', '.join(PACKAGES)}\n" + "".join(f"print({package}.__file__)\n" for package in PACKAGES)
    result = project.run("python", "-c", program)
    places = result.stdout.splitlines()
    assert len(places) == len(PACKAGES) == 7, result.stderr
    assert all(Path(place).is_relative_to(project.bin.parent) for place in places)


def test_everything_that_follows_from_the_alert_is_generated(project: Project) -> None:
    assert f"alert: {ALERT}" in project.read("prometheus/rules/ledger.yaml")
    tests = project.read("prometheus/tests/ledger.yaml")
    assert f"name: '{ALERT}: exactly at the limit'" in tests
    assert f"name: '{ALERT}: the same of another program'" in tests
    page = project.read(f"runbooks/{ALERT}.md")
    assert "Ledger Behind" in page
    assert "| DBA Team |" in page
    assert f"[{ALERT}]({ALERT}.md)" in project.read("runbooks/README.md")
    assert METRIC in project.read("prometheus/rules/metrics-missing.yaml")
    assert ALERT in project.read("prometheus/rules/escalation.yaml")
    assert "ledger-behind" in project.read("alertmanager/templates/facts.tmpl")
    board = json.loads(project.read("grafana/dashboards/payment-business.json"))
    (panel,) = [panel for panel in board["panels"] if panel["title"] == PANEL]
    assert METRIC in panel["targets"][0]["expr"]
    assert panel["links"][0]["url"].endswith(f"/{ALERT}.md")


def test_the_alert_takes_the_route_of_its_priority_and_team(project: Project) -> None:
    labels = ("severity=warning", "priority=P2", "team=data-issue", "incident=ledger-behind", "environment=production")
    command = ("amtool", "config", "routes", "test", "--config.file=generated/alertmanager/alertmanager.yml", *labels)
    result = subprocess.run(command, cwd=project.directory, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.strip() == "p2", result.stderr


def test_it_passes_every_check(project: Project) -> None:
    """The unit tests of the bundle's own rules, which are the same bytes, have their tests elsewhere."""
    result = project.run("payobs", "check", "--quick")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ok    promtool check rules" in result.stdout
    assert "FAIL" not in result.stdout
    changed = [f"generated/prometheus/tests/{name}.yaml" for name in ("ledger", "metrics-missing.every-4m")]
    command = (find_tool("promtool"), "test", "rules", *changed)
    tested = subprocess.run(command, cwd=project.directory, capture_output=True, text=True, timeout=120, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_service_makes_its_collector_of_the_same_declaration(project: Project) -> None:
    program = (
        "from prometheus_client import generate_latest\n"
        "from ledger_service import instrumentation, set_pending\n"
        "set_pending(7)\n"
        "print(generate_latest(instrumentation.registry).decode())\n"
    )
    result = project.run("python", "-c", program)
    assert f"\n# TYPE {METRIC} gauge\n{METRIC} 7.0\n" in result.stdout, result.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("max by ({JOB})", "max by ({JOB}, ledger)", "label 'ledger' is unknown to the operand of max"),
        (", firing),", "),", "has no scenario in which it fires"),
    ],
    ids=["a label that nobody declared", "no scenario that fires"],
)
def test_a_broken_alert_is_told_with_its_line(
    project: Project, tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    """The same in a module beside the settings, which the settings name by itself."""
    text = (EXAMPLE / "ledger_observability.py").read_text()
    assert right in text
    (tmp_path / "changed_ledger.py").write_text(text.replace(right, wrong))
    (tmp_path / "bundle.yaml").write_text('extensions: ["changed_ledger:extension"]\n')
    result = project.run("payobs", "check", "--quick", directory=tmp_path)
    line = 1 + next(index for index, text in enumerate(text.splitlines()) if f'name="{ALERT}"' in text)
    assert result.returncode == 1, result.stderr
    assert f"changed_ledger.py:{line}: {ALERT}: " in result.stdout
    assert says in result.stdout
    assert result.stderr == "1 finding(s)\n"
