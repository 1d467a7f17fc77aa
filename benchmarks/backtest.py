"""What a backtest costs, and how that grows with weeks and with instances.

``payobs backtest`` is run as a user runs it. CPU seconds are those of all its processes; memory is the largest
proportional share (PSS) of all of them together, looked at twenty times a second. Exits with 1 when eight weeks take
more than five minutes or 4 GB, or when twice the weeks or instances cost more than two and a half times as much.
"""

from __future__ import annotations

import sys

from command_cost import Cost, cost_of

LONGEST, LARGEST = 300.0, 4 * 2**30
#: What twice as much may cost, as a multiple.
LINEAR = 2.5
_MINUTE, _USUAL = "1m", "30s"


def cost(weeks: int, instances: int, resolution: str) -> Cost:
    """Run one backtest; raises RuntimeError when it makes no report."""
    options = (f"--weeks={weeks}", f"--instances={instances}", f"--resolution={resolution}", "--output=json")
    return cost_of(("payobs", "backtest", *options), codes=(0, 1))


def shown(found: Cost) -> str:
    """Return a cost as it is printed."""
    return f"{found.wall:7.1f} s  {found.cpu:7.1f} s of CPU  {found.memory / 2**30:5.2f} GiB"


def growth(title: str, runs: dict[int, Cost]) -> bool:
    """Print what each size costs, and return whether twice the size costs about twice as much."""
    print(title)
    linear = True
    previous: Cost | None = None
    for size, found in runs.items():
        factor = found.cpu / previous.cpu if previous else 0.0
        print(f"{size:4}  {shown(found)}" + (f"  {factor:.2f} times the CPU of half" if previous else ""))
        linear &= factor <= LINEAR
        previous = found
    return linear


def main() -> int:
    """Print all figures and return the exit code."""
    whole = cost(8, 3, _USUAL)
    print(f"8 weeks, 3 instances, every {_USUAL}: {shown(whole)}")
    weeks = growth(f"weeks, 3 instances, every {_MINUTE}", {size: cost(size, 3, _MINUTE) for size in (1, 2, 4)})
    instances = growth(f"instances, 1 week, every {_MINUTE}", {size: cost(1, size, _MINUTE) for size in (3, 6, 12)})
    fine = whole.wall <= LONGEST and whole.memory <= LARGEST and weeks and instances
    print("within the limits" if fine else "NOT within the limits")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
