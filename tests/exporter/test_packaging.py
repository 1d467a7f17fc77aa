"""The systemd unit and how the image starts: what can be known of them without starting either."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from dockerfile import ROOT, Dockerfile

from payment_catalog.kubernetes_objects import EXPORTER_PORT as PORT
from payment_exporter.flags import parser

if TYPE_CHECKING:
    from pathlib import Path

UNIT = ROOT / "exporter" / "payment-exporter.service"
IMAGE = Dockerfile("exporter/Dockerfile")
PROGRAM = "/opt/payment-exporter/bin/payment-exporter"


def verify(unit: str, directory: Path) -> tuple[int, list[str]]:
    """Let systemd read the unit, with a program that is there; return its exit code and what it says of the unit."""
    file = directory / UNIT.name
    file.write_text(unit.replace(PROGRAM, sys.executable))
    result = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    return result.returncode, [line for line in result.stderr.splitlines() if UNIT.name in line]


def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    assert verify(UNIT.read_text(), tmp_path) == (0, [])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ProtectClock=true", "ProtectClok=true"),
        ("Type=exec", "Type=wrong"),
        ("@system-service", "@system-servise"),
        ("ExecReload=/bin/kill", "ExecReload=/bin/no-such-program"),
    ],
)
def test_systemd_would_say_what_it_does_not_understand(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in UNIT.read_text()
    assert verify(UNIT.read_text().replace(right, wrong), tmp_path)[1]


def test_the_unit_leaves_little_to_attack() -> None:
    """The bound is 1.5 of 10 points; Debian's own unit of Prometheus has 4.0."""
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "Overall exposure level" in result.stdout


def unit_values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_file_systems_and_proc_stay_to_be_measured() -> None:
    assert unit_values("ProtectHome") == ["read-only"]
    assert unit_values("ProcSubset") == ["all"]
    assert not unit_values("InaccessiblePaths")


def test_the_unit_ends_reloads_and_comes_back() -> None:
    assert unit_values("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert unit_values("Restart") == ["on-failure"]
    assert unit_values("ExecStart") == [f"{PROGRAM} $ARGS"]


def test_the_image_starts_the_exporter_on_every_address() -> None:
    program, *flags = json.loads(IMAGE.final("ENTRYPOINT").text)
    assert program == PROGRAM
    assert parser().parse_args(flags).listen_address == ("0.0.0.0", PORT)
    assert IMAGE.final("EXPOSE").text == str(PORT)
