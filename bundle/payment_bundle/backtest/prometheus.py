"""A Prometheus that scrapes nothing and answers from blocks."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import requests

from payment_alerts.tool import find_tool
from payment_bundle.demo.child import ChildError, start
from payment_bundle.demo.ports import LOOPBACK, free_port
from payment_bundle.prometheus_api import PrometheusApi
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Seconds until it is ready, with all blocks opened, and for one query.
_READY = 60.0
_QUERY = 300.0
#: For any history: the retention, and samples that one query may hold at once (16 bytes each).
_RETENTION = "100y"
_SAMPLES = 100_000_000
#: Percent that memory may grow by until garbage is collected: less often than usual, which saves a tenth of its time.
_GARBAGE = "200"
#: Another program may take a port between the moment it is found free and the moment it is used.
_TRIES = 3
#: Named like a block, without anything in it: Prometheus leaves it alone, but plans no compaction beside it. It would
#: compact blocks that overlap, as those of series imported one after another do, again and again while it is asked.
_NO_COMPACTION = "00000000000000000000000000"


def create_database(directory: Path) -> None:
    """Make an empty database that is never compacted."""
    (directory / _NO_COMPACTION).mkdir(parents=True)


@contextmanager
def history(database: Path, work: Path, step: timedelta) -> Iterator[PrometheusApi]:
    """Have a Prometheus answer from ``database`` of samples ``step`` apart; raises ChildError, ToolError.

    A series ends where it has no sample, as where a live one is marked stale. Configuration and log lie in ``work``.
    Blocks that are imported meanwhile are seen by the next one.
    """
    configuration = work / "prometheus.yml"
    configuration.write_text("{}\n", encoding="utf-8")
    command = (
        find_tool("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={database}",
        f"--storage.tsdb.retention.time={_RETENTION}",
        f"--query.lookback-delta={format_duration(step - timedelta(milliseconds=1))}",
        f"--query.max-samples={_SAMPLES}",
        f"--query.timeout={_QUERY:.0f}s",
    )
    for attempt in range(1, _TRIES + 1):
        address = f"{LOOPBACK}:{free_port()}"
        child = start(
            "prometheus",
            (*command, f"--web.listen-address={address}"),
            {"PATH": os.environ["PATH"], "GOGC": _GARBAGE},
            work / "prometheus.log",
        )
        try:
            try:
                child.wait_ready(f"http://{address}/-/ready", _READY)
            except ChildError:
                if attempt == _TRIES:
                    raise
                continue
            with requests.Session() as session:
                # Over the loopback, compressing takes longer than sending.
                session.headers["Accept-Encoding"] = "identity"
                session.trust_env = False
                yield PrometheusApi(f"http://{address}", timeout=_QUERY, session=session)
            return
        finally:
            child.stop()
