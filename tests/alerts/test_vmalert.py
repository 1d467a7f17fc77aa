"""VictoriaMetrics' vmalert reads the same rule files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from payment_catalog.settings import Settings

Written = Callable[[Settings], Path]


def dry_run(directory: Path) -> subprocess.CompletedProcess[str]:
    """Return what vmalert says; Debian's 1.79 is older than ``keep_firing_for`` and refuses words it does not know."""
    for file in (directory / "prometheus/rules").glob("*.yaml"):
        lines = file.read_text().splitlines()
        file.write_text("\n".join(line for line in lines if not line.lstrip().startswith("keep_firing_for:")))
    return subprocess.run(
        ("vmalert", "-dryRun", f"-rule={directory / 'prometheus/rules/*.yaml'}"),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )


def test_vmalert_accepts_the_rules(written: Written) -> None:
    answer = dry_run(written(Settings()))
    assert answer.returncode == 0, answer.stdout


def test_vmalert_refuses_what_is_no_expression(written: Written) -> None:
    directory = written(Settings())
    file = directory / "prometheus/rules/api.yaml"
    file.write_text(file.read_text().replace("> 0.05", "> > 0.05"))
    answer = dry_run(directory)
    assert answer.returncode != 0
    assert "ErrorRateCritical" in answer.stdout
