"""Where the processor's time goes: a sampling profiler.

A thread counts when it has just used CPU time and the kernel calls it running. A sampler in the interpreter sees
other threads only when it gets the interpreter's lock: see ``payment_service.debug.switching``.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from payment_service.debug.profile import Frame, Profile, Sample, Stack, ValueType
from payment_service.debug.stacks import observed_threads, stack_of, thread_frames
from payment_service.debug.switching import PROMPT_SWITCHING

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

HERTZ = 100
_YIELD_SECONDS = 1e-4
_GOLDEN_RATIO = 0.618034  # each look falls elsewhere in its 10 ms, so that periodic work is not always met or missed
_NANOSECONDS = 1_000_000_000
_STAT = "/proc/self/task/{}/stat"
_STAT_BYTES = 128
_UNSEEN: Stack = (Frame("(in steps too short to be seen)", "", 0),)
_COMMENTS = (
    "CPU time of each thread by the kernel's clock, shared among the stacks in which the thread was seen running.",
    "Waiting threads do not count; time in C code belongs to the Python function that called it.",
    "Steps shorter than about 0.1 ms are seen as what follows them; the debug port's own threads are left out.",
)


def is_available() -> bool:
    """Say whether the system tells the state and the CPU time of single threads, as Linux does."""
    return Path(_STAT.format(os.getpid())).exists()


def cpu_profile(seconds: float, stopping: threading.Event) -> Profile:
    """Sample all threads for a time, or until ``stopping`` is set. Needs Linux; raises OSError elsewhere.

    Values are ``samples/count`` and ``cpu/nanoseconds``. The nanoseconds of a thread add up to what the kernel
    counted for it.
    """
    started, begin = time.time_ns(), time.monotonic()
    with PROMPT_SWITCHING, closing(_Meters()) as meters:
        meters.follow(born=False)
        for tick in range(1, round(seconds * HERTZ) + 1):
            pause = begin + (tick - tick * _GOLDEN_RATIO % 1) / HERTZ - time.monotonic()
            if stopping.wait(max(0, pause)):
                break
            if pause > -1 / HERTZ:  # else the machine is busy: skip the samples that are overdue
                meters.sample(tick)
    samples = _merge(meters.all)
    duration = time.monotonic() - begin
    count, spent = (sum(sample.values[index] for sample in samples) for index in (0, 1))
    return Profile(
        headline=f"cpu profile: {count} samples, {spent / _NANOSECONDS:.3f} s of CPU time in {duration:.3f} s",
        sample_types=(ValueType("samples", "count"), ValueType("cpu", "nanoseconds")),
        samples=samples,
        started=started,
        duration=round(duration * _NANOSECONDS),
        period_type=ValueType("cpu", "nanoseconds"),
        period=_NANOSECONDS // HERTZ,
        comments=_COMMENTS,
    )


def share(total: int, counts: Mapping[Stack, int]) -> dict[Stack, int]:
    """Divide a total in proportion to counts; the parts add up to it."""
    parts: dict[Stack, int] = {}
    seen, given, whole = 0, 0, sum(counts.values())
    for stack, count in counts.items():
        seen += count
        parts[stack] = total * seen // whole - given
        given += parts[stack]
    return parts


@dataclass(slots=True)
class _Meter:
    """One thread: its CPU time before and now in nanoseconds, and the stacks in which it was running."""

    thread: threading.Thread
    native_id: int
    stat: int
    before: int
    now: int
    ended: bool = False
    seen: Counter[Stack] = field(default_factory=Counter)

    def has_run(self) -> bool:
        """Read the thread's clock and say whether it has moved since the last time."""
        try:
            now = time.clock_gettime_ns(_thread_clock(self.native_id))
        except OSError:
            self.ended = True
            return False
        moved, self.now = now > self.now, now
        return moved

    def runs(self) -> bool:
        """Let the thread run if it can, and say whether it did; one that waits for a processor does not."""
        self.has_run()
        time.sleep(_YIELD_SECONDS)
        return self.has_run()

    def is_running(self) -> bool:
        """Ask the kernel; to read gives up the interpreter's lock, so that a thread that waits for it wakes up."""
        try:
            return os.pread(self.stat, _STAT_BYTES, 0).rpartition(b") ")[2].startswith(b"R")
        except OSError:
            self.ended = True
            return False


class _Meters:
    """A meter for each thread, also for those that start or end meanwhile."""

    def __init__(self) -> None:
        self._live: dict[int, _Meter] = {}
        self.all: list[_Meter] = []

    def follow(self, *, born: bool) -> None:
        """Give a meter to each thread that has none; ``born`` says that the thread began after the profile."""
        for thread in observed_threads():
            native_id = thread.native_id
            if native_id is None or native_id in self._live:
                continue
            try:
                now = time.clock_gettime_ns(_thread_clock(native_id))
            except OSError:  # the thread has ended
                continue
            try:
                stat = os.open(_STAT.format(native_id), os.O_RDONLY | os.O_CLOEXEC)
            except (FileNotFoundError, ProcessLookupError):  # so has this one
                continue
            self._live[native_id] = meter = _Meter(thread, native_id, stat, 0 if born else now, now)
            self.all.append(meter)

    def sample(self, tick: int) -> None:
        """Note the stack of each thread that runs."""
        self.follow(born=True)
        moved = [meter for meter in self._live.values() if meter.has_run()]
        first = tick % len(moved) if moved else 0
        for meter in moved[first:] + moved[:first]:
            if meter.runs():
                stack = stack_of(thread_frames().get(meter.thread.ident or 0))
                if stack and meter.is_running():  # else it was about to wait
                    meter.seen[stack] += 1
        self._forget([meter for meter in self._live.values() if meter.ended])

    def close(self) -> None:
        """Read the clocks for the last time and close the files."""
        for meter in self._live.values():
            meter.has_run()
        self._forget(list(self._live.values()))

    def _forget(self, meters: list[_Meter]) -> None:
        for meter in meters:
            del self._live[meter.native_id]
            os.close(meter.stat)


def _merge(meters: list[_Meter]) -> tuple[Sample, ...]:
    counts: Counter[Stack] = Counter()
    spent: Counter[Stack] = Counter()
    for meter in meters:
        counts.update(meter.seen)
        total = max(0, meter.now - meter.before)
        spent.update(share(total, meter.seen) if meter.seen else {_UNSEEN: total})
    return tuple(Sample(stack, (counts[stack], spent[stack])) for stack in spent if spent[stack])


def _thread_clock(native_id: int) -> int:
    """Return the id of a thread's CPU clock, made as Linux makes it (``CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED``).

    ``time.pthread_getcpuclockid`` does the same from a pointer to the thread, and may crash when it has ended.
    """
    return ~native_id << 3 | 6
