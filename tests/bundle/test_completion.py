"""Tab: what a shell is told, and that it need not wait for the whole bundle to be loaded."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payment_bundle.cli import app
from payment_bundle.drill.drills.every import DRILLS
from payment_bundle.parts import PARTS
from payment_catalog.incident import IncidentKey
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
#: What takes long to load, and what only single commands need.
HEAVY = ("grafanalib", "jinja2", "requests", "boto3", "rich.table", "payment_dashboards", "payment_alerts.groups")
_REPORT = "import atexit, sys; atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr)); "
_PAYOBS = "sys.argv[0] = 'payobs'; from payment_bundle.cli import main; main()"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _REPORT + _PAYOBS, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return what bash is told after ``payobs WORDS``, the last of them unfinished; asked in this process."""

    def proposed(*words: str, directory: Path = ROOT) -> list[str]:
        monkeypatch.chdir(directory)
        monkeypatch.setenv("_PAYOBS_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(("payobs", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        told = io.StringIO()
        with redirect_stdout(told), suppress(SystemExit):
            app(prog_name="payobs")
        return told.getvalue().split()

    return proposed


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("im",), ["import-rules"]),
        (("drill", "lock"), [drill.name for drill in DRILLS if drill.name.startswith("lock")]),
        (("drill", "data-"), ["data-breach", "data-loss"]),
        (("mutate", "--only", "ErrorRate"), ["ErrorRateHigh", "ErrorRateCritical"]),
        (("generate", "--only", "gra"), ["grafana"]),
        (("generate", "--only", "grafana,k"), ["grafana,kibana", "grafana,kubernetes"]),
        (("postmortem", "--incident", ""), [key.value for key in IncidentKey]),
        (("preview", "--dashboard", "payment-s"), ["payment-service", "payment-security", "payment-slo"]),
        (("catalog", "al"), ["alerts"]),
        (("catalog", "alerts", "RefundRateH"), ["RefundRateHigh"]),
        (("catalog", "thresholds", ""), [key.value for key in ThresholdKey]),
        (("catalog", "slos", "a"), ["availability"]),
        (("catalog", "metrics", "failed_auth"), ["failed_auth_total"]),
        (("catalog", "recordings", "job:payments_s"), ["job:payments_succeeded:rate5m"]),
        (("catalog", "incidents", "data-b"), ["data-breach"]),
        (("check", "--output", ""), ["text", "json"]),
    ],
)
def test_tab_proposes_names(tab: Callable[..., list[str]], words: tuple[str, ...], names: list[str]) -> None:
    assert sorted(tab(*words)) == sorted(names)


def test_where_nothing_is_generated_the_catalogue_is_asked(tab: Callable[..., list[str]], tmp_path: Path) -> None:
    assert tab("catalog", "alerts", "RefundRateH", directory=tmp_path) == ["RefundRateHigh"]


def test_every_part_is_proposed_once(tab: Callable[..., list[str]]) -> None:
    assert tab("generate", "--only", ",".join((*PARTS[:-1], ""))) == [",".join(PARTS)]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_scripts_are_those_that_shells_read(shell: str) -> None:
    script = run("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert script.returncode == 0, script.stderr
    assert "_PAYOBS_COMPLETE" in script.stdout
    program = shutil.which(shell)
    if program:
        subprocess.run([program, "-n"], input=script.stdout, text=True, check=True, timeout=20)


def test_bash_completes_with_the_script_itself(tmp_path: Path) -> None:
    script = run("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1").stdout
    program = tmp_path / "payobs"
    program.write_text(f"#!{sys.executable}\nfrom payment_bundle.cli import main\nmain()\n", encoding="utf-8")
    program.chmod(0o755)
    lines = [
        script,
        "COMP_WORDS=(payobs generate --only gra) COMP_CWORD=3",
        "_payobs_completion payobs",
        'echo "${COMPREPLY[@]}"',
    ]
    result = subprocess.run(
        ["/bin/bash", "-c", "\n".join(lines)],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout == "grafana\n"


@pytest.mark.parametrize("words", [("generate", "--only", ""), ("mutate", "--only", "")])
def test_tab_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    result = run(_PAYOBS_COMPLETE="complete_bash", COMP_WORDS="\n".join(("payobs", *words)), COMP_CWORD=str(len(words)))
    assert result.stdout
    assert [name for name in result.stderr.splitlines() if name.startswith(HEAVY)] == []


def test_help_loads_nothing_heavy() -> None:
    result = run("--help")
    assert "import-rules" in result.stdout
    loaded = [name for name in result.stderr.splitlines() if name.startswith(HEAVY) and not name.startswith("rich")]
    assert loaded == []
