"""A database of simulated series: promtool makes its blocks, a Prometheus answers from them."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from payment_alerts.tool import ToolError, find_tool, run_tool
from payment_bundle.backtest.openmetrics import time_texts, write
from payment_bundle.backtest.prometheus import create_database, history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from datetime import timedelta

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.prometheus_api import PrometheusApi

#: Samples of one file of text, with up to 250 bytes each. There are at most ``jobs`` + 1 such files at a time.
FILE_SAMPLES = 3_000_000
#: Longer than any history, so that promtool reads a file once and makes one block of it.
_BLOCK = "40000h"


@dataclass(frozen=True, slots=True)
class Store:
    """A database in ``folder`` of samples ``step`` apart; text and what promtool sets aside lie there for a while."""

    folder: Path
    step: timedelta
    jobs: int = 2
    database: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "database", self.folder / "data")
        create_database(self.database)

    def add(self, series: Iterable[Series], moments: NDArray[np.int64]) -> frozenset[str]:
        """Add ``series`` and return the names of those that have a sample; raises ToolError.

        Their values lie at ``moments``, Unix times in milliseconds. ``series`` is read as
        it is needed, by this thread, while up to ``jobs`` promtools run.
        """
        names: set[str] = set()
        times = time_texts(moments)
        running: deque[Future[None]] = deque()
        promtool = find_tool("promtool")
        with (
            TemporaryDirectory(prefix="openmetrics-", dir=self.folder) as scratch,
            ThreadPoolExecutor(self.jobs) as pool,
        ):
            try:
                for number, portion in enumerate(_portions(series, len(times))):
                    file = Path(scratch) / f"{number}.txt"
                    with file.open("wb") as output:
                        write(output, portion, times)
                    running.append(pool.submit(_make_block, promtool, file, self.database))
                    if len(running) > self.jobs:
                        running.popleft().result()
                    names.update(one.name for one in portion)
                while running:
                    running.popleft().result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return frozenset(names)

    @contextmanager
    def asked(self) -> Iterator[PrometheusApi]:
        """Have a Prometheus answer from what has been added before; raises ChildError and ToolError."""
        with history(self.database, self.folder, self.step) as api:
            yield api


def _portions(series: Iterable[Series], moments: int) -> Iterator[list[Series]]:
    """Return series for one file each; those without a sample are in none."""
    portion: list[Series] = []
    for one in series:
        if np.isnan(one.values).all():
            continue
        portion.append(one)
        if len(portion) * moments >= FILE_SAMPLES:
            yield portion
            portion = []
    if portion:
        yield portion


def _make_block(promtool: str, file: Path, database: Path) -> None:
    command = (promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", f"--max-block-duration={_BLOCK}")
    # What it sets aside goes where the text is; collecting garbage less often saves a sixth of its time.
    surroundings = ("env", f"TMPDIR={file.parent}", "GOGC=400")
    done = run_tool((*surroundings, *command, str(file), str(database)))
    if done.code:
        raise ToolError(f"promtool made no block of the simulated series: {done.output.strip()}")
    file.unlink()
