"""What several worker processes count, as one: the directory that they share.

prometheus_client's multiprocess mode has each process keep its values in files of its own, named by kind and
process id, which whoever is scraped adds up. It never deletes those of counters and histograms. Here the files
of a worker that has ended are merged into one for each kind. A lock keeps scrapes from seeing a value twice or
not at all meanwhile: a scrape shares it, a merge has it alone.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from payment_service.instrumentation.processes import process_families

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric as MetricFamily

#: Read by prometheus_client when it is imported.
DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_LOCK_FILE = "lock"
_SUPERVISOR_FILE = "supervisor"
_LOCK_SECONDS = 5.0
_LOCK_POLL_SECONDS = 0.005
#: Kinds of files whose values outlive their process; gauges of the dead are deleted.
_LASTING_KINDS = ("counter", "histogram", "summary", "unknown")
_RETIRED = "retired"
#: Of a sum. Added up in another order, or merged before, the same parts differ in the last digits, and to Prometheus
#: a counter that is less by one of those has begun anew.
_DECIMALS = 6


def workers_directory() -> Path | None:
    """Return the directory that the worker processes share; None where there is one process."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    return Path(directory) if directory else None


def name_supervisor(directory: Path) -> None:
    """Say that the calling process supervises the workers, so that its own resources count with theirs."""
    (directory / _SUPERVISOR_FILE).write_text(str(os.getpid()), encoding="ascii")


@contextmanager
def locked(directory: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock of ``directory``; raises TimeoutError after 5 seconds."""
    operation = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB
    deadline = time.monotonic() + _LOCK_SECONDS
    with (directory / _LOCK_FILE).open("a") as file:
        while True:
            try:
                fcntl.flock(file, operation)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{file.name}: another process has held the lock for too long") from None
                time.sleep(_LOCK_POLL_SECONDS)
        yield


def retire(directory: Path, pid: int) -> None:
    """Merge what the worker ``pid`` counted into the files of those before it. It has ended; the lock is exclusive."""
    mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]
    for kind in _LASTING_KINDS:
        file = directory / f"{kind}_{pid}.db"
        if not file.exists():
            continue
        if file.stat().st_size:
            _add_values(file, directory / f"{kind}_{_RETIRED}.db")
        file.unlink()


def _add_values(file: Path, total_file: Path) -> None:
    total: Any = MmapedDict(str(total_file))  # type: ignore[no-untyped-call]
    for key, value, _, _ in total.read_all_values_from_file(str(file)):
        total.write_value(key, total.read_value(key)[0] + value, 0.0)
    total.close()


class WorkersCollector(Collector):
    """Reads the families of all workers, and those of their processes; ``collect`` raises TimeoutError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[MetricFamily]:
        """Return the families by name."""
        with locked(self._directory, exclusive=False):
            # A file is empty between its creation and its first value.
            files = sorted(file for file in self._directory.glob("*.db") if file.stat().st_size)
            families = [
                *MultiProcessCollector.merge([str(file) for file in files]),  # type: ignore[no-untyped-call]
                *process_families(_live(files), self._supervisor()),
            ]
        for family in families:
            if family.type != "gauge":
                family.samples = [sample._replace(value=round(sample.value, _DECIMALS)) for sample in family.samples]
        return sorted(families, key=lambda family: family.name)

    def _supervisor(self) -> int | None:
        file = self._directory / _SUPERVISOR_FILE
        return int(file.read_text(encoding="ascii")) if file.exists() else None


def _live(files: Iterable[Path]) -> set[int]:
    """Return the ids of the processes that have files; those of the dead are merged before their ids are free."""
    owners = (file.stem.rpartition("_")[2] for file in files if file.stem.startswith("counter_"))
    return {int(owner) for owner in owners if owner != _RETIRED}
