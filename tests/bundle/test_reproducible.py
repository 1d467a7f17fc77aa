"""The same settings give the same bytes, whatever the machine is set to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BUNDLE = Path(__file__).parents[2] / "bundle.yaml"
MACHINES = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kuala_Lumpur", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
)


def test_every_file_is_the_same_on_another_machine(tmp_path: Path) -> None:
    files = []
    for number, machine in enumerate(MACHINES):
        out = tmp_path / f"machine-{number}" / "out"
        out.parent.mkdir()
        subprocess.run(
            [sys.executable, "-m", "payment_bundle", "generate", "--config", str(BUNDLE), "--out", str(out)],
            cwd=out.parent,
            env={**os.environ, **machine, "HOME": str(out.parent)},
            check=True,
            capture_output=True,
            timeout=120,
        )
        files.append({str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()})
    one, other = files
    assert one.keys() == other.keys()
    assert [path for path in one if one[path] != other[path]] == []
    assert sum(path.startswith("grafana/dashboards/") and path.endswith(".json") for path in one) == 10
