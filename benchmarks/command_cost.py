"""What a command costs: the CPU of all its processes, and the largest proportional share (PSS) of their memory."""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall clock and CPU in seconds, memory in bytes."""

    wall: float
    cpu: float
    memory: int


def cost_of(command: Sequence[str], codes: Collection[int] = (0,)) -> Cost:
    """Run a command; raises RuntimeError when it ends with another code than ``codes``."""
    before, start, largest = _cpu(), time.monotonic(), 0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            largest = max(largest, _memory(process.pid))
            time.sleep(_LOOK_EVERY)
        if process.returncode not in codes:
            errors.seek(0)
            said = errors.read().decode(errors="replace")[-500:]
            raise RuntimeError(f"{' '.join(command[:6])} ended with {process.returncode}: {said}")
    return Cost(time.monotonic() - start, _cpu() - before, largest)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> int:
    try:
        family = psutil.Process(pid)
        return sum(_share(process) for process in (family, *family.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def _share(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return 0
