"""The command ``payment-exporter`` as an operator types it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = str(Path(sys.executable).with_name("payment-exporter"))
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}


def run(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *flags], env={**CLEAN, **environment}, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--web.listen-address=nonsense"], "is not HOST:PORT"),
        (["--collector.timeout=0"], "number of seconds"),
        (["--collector.unknown"], "--collector.unknown"),
        (["--log.level=loud"], "loud"),
    ],
)
def test_a_wrong_flag_is_named(flags: list[str], says: str) -> None:
    result = run(*flags)
    assert result.returncode == 2
    assert says in result.stderr


def test_a_wrong_variable_is_named() -> None:
    result = run(DB_PORT="x")
    assert result.returncode == 2
    assert "DB_PORT" in result.stderr


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = run(f"--web.listen-address={address}")
    assert result.returncode == 2
    assert f"{address}: Address already in use" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [COMMAND, f"--web.listen-address=127.0.0.1:{port}"],
        env={**CLEAN, "DB_SQLITE_PATH": str(tmp_path / "nowhere.db")},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"{address}/-/healthy", timeout=2).close()
            break
        except URLError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield address
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def read(address: str, **headers: str) -> tuple[str, str]:
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=15) as response:
        return response.headers["Content-Type"], response.read().decode()


def test_it_serves_metrics_in_both_formats_and_a_landing_page(url: str) -> None:
    assert "payment_exporter_collector_success" in read(f"{url}/metrics")[1]
    content_type, text = read(f"{url}/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")
    assert 'href="/metrics"' in read(url)[1]
    with pytest.raises(HTTPError, match="404"):
        read(f"{url}/nowhere")
