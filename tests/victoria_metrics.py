"""A real VictoriaMetrics, and its vmalert, which evaluates rules over a time that has passed."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import requests
from remote_write_body import body
from sockets import free_port

from payment_bundle.demo.child import start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from payment_bundle.backtest.evaluation_grid import Grid
    from payment_bundle.backtest.series import Series

#: Series of one request, which may have 32 MB.
_SERIES = 40
_MOST_POINTS = 50_000


@dataclass(frozen=True)
class VictoriaMetrics:
    """A running server at ``url``."""

    url: str

    def write(self, series: Sequence[Series], moments: NDArray[np.int64]) -> None:
        """Send ``series`` by remote write, with a mark where one ends, and wait until they can be asked for."""
        for first in range(0, len(series), _SERIES):
            answer = requests.post(
                f"{self.url}/api/v1/write",
                data=body(series[first : first + _SERIES], moments),
                headers={"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"},
                timeout=60,
            )
            assert answer.status_code == 204, answer.text
        self.flush()

    def flush(self) -> None:
        """Make everything that was sent visible to queries."""
        requests.get(f"{self.url}/internal/force_flush", timeout=60).raise_for_status()

    def exported(self, selector: str) -> list[tuple[dict[str, str], list[int]]]:
        """Return the labels of each series, and the times of its samples in milliseconds."""
        answer = requests.get(f"{self.url}/api/v1/export", params={"match[]": selector}, timeout=60)
        answer.raise_for_status()
        lines = map(orjson.loads, answer.content.splitlines())
        return [(line["metric"], line["timestamps"]) for line in lines]

    def replay(self, rules: Path, grid: Grid) -> None:
        """Have vmalert evaluate a file of rules at each moment of ``grid``, and write down what it finds."""
        end = grid.start + (grid.size - 1) * grid.step
        done = subprocess.run(
            (
                "vmalert",
                f"-rule={rules}",
                f"-datasource.url={self.url}",
                f"-remoteWrite.url={self.url}",
                "-remoteWrite.maxQueueSize=1000000",
                f"-evaluationInterval={grid.step}ms",
                "-datasource.queryStep=0",
                "-disableAlertgroupLabel",
                f"-replay.timeFrom={_moment(grid.start)}",
                f"-replay.timeTo={_moment(end)}",
                f"-replay.maxDatapointsPerQuery={_MOST_POINTS}",
                "-replay.ruleRetryAttempts=1",
                "-replay.rulesDelay=0s",
                "-replay.disableProgressBar",
            ),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout
        self.flush()


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def victoria_metrics(directory: Path, *flags: str) -> Iterator[VictoriaMetrics]:
    """Run Debian's VictoriaMetrics, which keeps everything that it is sent."""
    address = f"127.0.0.1:{free_port()}"
    child = start(
        "victoria-metrics",
        (
            "victoria-metrics",
            f"-storageDataPath={directory / 'victoria-metrics'}",
            f"-httpListenAddr={address}",
            "-retentionPeriod=100y",
            "-search.disableCache",
            f"-search.maxPointsPerTimeseries={_MOST_POINTS}",
            *flags,
        ),
        {"PATH": os.environ["PATH"]},
        directory / "victoria-metrics.log",
    )
    try:
        child.wait_ready(f"http://{address}/health", 60)
        yield VictoriaMetrics(f"http://{address}")
    finally:
        child.stop()
