"""What a backtest costs, and how that grows with weeks and with instances.

``payobs backtest`` is run as a user runs it. CPU seconds are those of all its processes; memory is the largest
proportional share (PSS) of all of them together, looked at ten times a second. Exits with 1 when eight weeks take more
than five minutes or 4 GB, or when twice the weeks or instances cost more than two and a half times as much.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil

LONGEST, LARGEST = 300.0, 4 * 2**30
#: What twice as much may cost, as a multiple.
LINEAR = 2.5
_MINUTE, _USUAL = "1m", "30s"


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall clock and CPU in seconds, memory in bytes."""

    wall: float
    cpu: float
    memory: int

    def __str__(self) -> str:
        return f"{self.wall:7.1f} s  {self.cpu:7.1f} s of CPU  {self.memory / 2**30:5.2f} GiB"


def cost(weeks: int, instances: int, resolution: str) -> Cost:
    """Run one backtest; raises RuntimeError when it makes no report."""
    command = ("payobs", "backtest", f"--weeks={weeks}", f"--instances={instances}", f"--resolution={resolution}")
    before, start = _cpu(), time.monotonic()
    process = subprocess.Popen((*command, "--output=json"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    largest = 0
    while process.poll() is None:
        largest = max(largest, _memory(process.pid))
        time.sleep(0.1)
    if process.returncode not in {0, 1}:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
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
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0


def growth(title: str, runs: dict[int, Cost]) -> bool:
    """Print what each size costs, and return whether twice the size costs about twice as much."""
    print(title)
    linear = True
    previous: Cost | None = None
    for size, found in runs.items():
        factor = found.cpu / previous.cpu if previous else 0.0
        print(f"{size:4}  {found}" + (f"  {factor:.2f} times the CPU of half" if previous else ""))
        linear &= factor <= LINEAR
        previous = found
    return linear


def main() -> int:
    """Print all figures and return the exit code."""
    whole = cost(8, 3, _USUAL)
    print(f"8 weeks, 3 instances, every {_USUAL}: {whole}")
    weeks = growth(f"weeks, 3 instances, every {_MINUTE}", {size: cost(size, 3, _MINUTE) for size in (1, 2, 4)})
    instances = growth(f"instances, 1 week, every {_MINUTE}", {size: cost(1, size, _MINUTE) for size in (3, 6, 12)})
    fine = whole.wall <= LONGEST and whole.memory <= LARGEST and weeks and instances
    print("within the limits" if fine else "NOT within the limits")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
