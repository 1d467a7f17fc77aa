"""A real Prometheus that remembers a history."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.demo.child import start
from payment_bundle.demo.programs import find_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_READY_WITHIN = 60


@contextmanager
def prometheus_that_remembers(write: Callable[[Path], None], directory: Path, port: int, *flags: str) -> Iterator[str]:
    """Run it over what ``write`` writes into a file, in OpenMetrics' text format, and yield its address."""
    write(directory / "history.txt")
    command = (
        *("promtool", "tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"),
        # One block for everything: the file is read again for each.
        "--max-block-duration=162h",
    )
    subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=120)
    (directory / "prometheus.yml").write_text("{}")
    address = f"127.0.0.1:{port}"
    child = start(
        "prometheus",
        (
            find_programs().prometheus,
            f"--config.file={directory}/prometheus.yml",
            f"--storage.tsdb.path={directory}/data",
            f"--web.listen-address={address}",
            *flags,
        ),
        {"PATH": os.environ["PATH"]},
        directory / "prometheus.log",
    )
    try:
        child.wait_ready(f"http://{address}/-/ready", _READY_WITHIN)
        yield f"http://{address}"
    finally:
        child.stop()
