"""``payobs demo`` as a person starts and ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from sockets import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Wait

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    ports = free_ports()
    flags = [f"--{field.name}-port={getattr(ports, field.name)}" for field in fields(ports)]
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "payment_bundle", "demo", *flags],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("DB_")},
        )
        yield process
        if process.poll() is None:
            process.terminate()
            process.wait(60)


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_shows_figures_and_ends_every_child(
    demo: subprocess.Popen[str], tmp_path: Path, wait: Wait, request_to_end: signal.Signals
) -> None:
    output = tmp_path / "output"
    wait("the addresses", 120, lambda: "Ctrl-C ends it all" in output.read_text())
    children = psutil.Process(demo.pid).children(recursive=True)
    names = {child.name() for child in children}
    assert {"prometheus", "redis-server"} <= names
    demo.send_signal(request_to_end)
    assert demo.wait(60) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert "Traceback" not in output.read_text()


def test_a_taken_port_is_a_clear_error() -> None:

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "payment_bundle", "demo", f"--service-port={port}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    assert f"port {port} is in use; choose another with --service-port" in result.stderr


def test_it_ends_also_while_it_starts(demo: subprocess.Popen[str], tmp_path: Path, wait: Wait) -> None:
    output = tmp_path / "output"
    wait("a first step", 60, lambda: "starting gateway" in output.read_text())
    children = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(60) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert output.read_text().splitlines()[-1] == "ended"
    assert "Traceback" not in output.read_text()
