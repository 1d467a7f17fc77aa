"""``process_*`` over several processes: the sum of what the workers and their supervisor use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import ProcessCollector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric as MetricFamily

#: The oldest of the processes tells since when the service runs; of everything else the sum is of use.
_EARLIEST = "process_start_time_seconds"
_CPU = "process_cpu_seconds"
#: Where cutime and cstime stand in /proc/<pid>/stat behind the command's name, see proc_pid_stat(5).
_CHILDREN_CPU = slice(13, 15)


def process_families(workers: Iterable[int], supervisor: int | None) -> list[MetricFamily]:
    """Return the families of prometheus_client's ProcessCollector, of several processes as if they were one.

    The time of the processor does not go backwards when a worker ends: the kernel then adds it to that of the
    supervisor's children. This holds as long as no worker is waited for meanwhile, so the caller holds the lock.
    """
    merged: dict[str, MetricFamily] = {}
    for pid in sorted({*workers, *([] if supervisor is None else [supervisor])}):
        for family in _families_of(pid):
            known = merged.setdefault(family.name, family)
            if known is not family:
                combine = min if family.name == _EARLIEST else _add
                value = combine(known.samples[0].value, family.samples[0].value)
                known.samples = [known.samples[0]._replace(value=value)]
    if supervisor is not None and _CPU in merged:
        cpu = merged[_CPU]
        cpu.samples = [cpu.samples[0]._replace(value=cpu.samples[0].value + _ended_children_seconds(supervisor))]
    return list(merged.values())


def _families_of(pid: int) -> Iterable[MetricFamily]:
    return ProcessCollector(pid=lambda: pid, registry=None).collect()


def _add(one: float, other: float) -> float:
    return one + other


def _ended_children_seconds(pid: int) -> float:
    """Return the processor time of the children that ``pid`` has waited for; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[_CHILDREN_CPU]) / os.sysconf("SC_CLK_TCK")
