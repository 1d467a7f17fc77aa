"""``payobs drill`` as a person starts it: two drills that are quick, and one that is broken off."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Wait

ROOT = Path(__file__).parents[2]


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start drills that report into ``report``; what they say is in ``output``."""
    started = []

    def start(*names: str) -> subprocess.Popen[str]:
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "payment_bundle", "drill", *names, "--out", str(tmp_path / "report")],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def test_the_right_people_hear_of_a_killed_process_and_of_card_numbers(
    drill: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    code = drill("process-killed", "card-data").wait(300)
    assert code == 0, (tmp_path / "output").read_text()
    report = json.loads((tmp_path / "report" / "drills.json").read_text())
    killed, card = report["drills"]
    assert [(found["alert"], found["contact_points"]) for found in killed["expected"]] == [
        ("PaymentServiceDown", ["pager", "slack-oncall"])
    ]
    assert [(found["alert"], found["contact_points"]) for found in card["expected"]] == [
        ("CardDataReceived", ["slack-oncall", "security-team"])
    ]
    assert all(0 < found["seconds_to_detect"] < 60 for found in report["drills"])
    health = next(ran for ran in killed["diagnosis"] if ran["purpose"] == "Check health")
    assert "connect" in health["output"]
    page = (tmp_path / "report" / "drills.md").read_text()
    assert "| [card-data](#card-data) | passed |" in page
    post_mortem = (tmp_path / "report" / "post-mortem-process-killed.md").read_text()
    # Two look at the killed process, a second apart: either may be the first.
    first = re.search(r"Incident detected: (\w+) fires", post_mortem)
    assert first, post_mortem
    assert first[1] in {"PaymentServiceDown", "ServiceUnreachable"}
    assert "| PaymentServiceDown | P0 | service-outage |" in post_mortem


def test_ctrl_c_heals_and_ends_everything(
    drill: Callable[..., subprocess.Popen[str]], tmp_path: Path, wait: Wait
) -> None:
    process = drill("process-killed")
    output = tmp_path / "output"
    wait("the last program", 120, lambda: "starting dashboards" in output.read_text())
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 1
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert "Traceback" not in output.read_text()
    assert "0 drills" in output.read_text()
