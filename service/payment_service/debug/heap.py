"""What lives in the heap: by the line that allocated it, and by type."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from payment_service.debug.functions import FunctionIndex
from payment_service.debug.profile import Frame, Profile, Sample, ValueType

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

_OWN_FILES = str(Path(__file__).parent)
_STATUS = Path("/proc/self/status")
_TYPES_SHOWN = 30
_SAMPLE_TYPES = (ValueType("inuse_objects", "count"), ValueType("inuse_space", "bytes"))


def heap_profile(seconds: float, depth: int, stopping: threading.Event) -> Profile:
    """Return what has been allocated and not freed, as ``inuse_objects/count`` and ``inuse_space/bytes``.

    When tracemalloc traces already, that is everything since it began. Otherwise it traces for ``seconds``, or until
    ``stopping`` is set, with ``depth`` calls of each stack, and only what is allocated meanwhile shows. To trace slows
    Python five to thirty times, the more the deeper; to read a million traces stops the interpreter for about 0.3 s.
    """
    started, begin = time.time_ns(), time.monotonic()
    traced_before = tracemalloc.is_tracing()
    if traced_before:
        scope, depth = "since tracemalloc was switched on (PYTHONTRACEMALLOC)", tracemalloc.get_traceback_limit()
        snapshot = tracemalloc.take_snapshot()
    else:
        scope, snapshot = f"within {seconds:g} s", _trace(seconds, depth, stopping)
    samples = _samples(snapshot)
    return Profile(
        headline=_headline(samples),
        sample_types=_SAMPLE_TYPES,
        samples=samples,
        started=started,
        duration=0 if traced_before else round((time.monotonic() - begin) * 1e9),
        period_type=ValueType("space", "bytes"),
        period=1,
        comments=(
            f"Memory that Python allocated {scope} and has not freed; at most {depth} calls of each stack.",
            "What is older, and what C libraries allocate for themselves, does not show.",
        ),
    )


def type_profile(census: Census) -> Profile:
    """Return the census as a heap profile without stacks: each type stands as a function."""
    samples = tuple(Sample((Frame(f"type {name}", "", 0),), (count, size)) for name, count, size in census.types)
    return Profile(
        headline=_headline(samples),
        sample_types=_SAMPLE_TYPES,
        samples=samples,
        started=time.time_ns(),
        period_type=ValueType("space", "bytes"),
        period=1,
        comments=(
            "Objects that the garbage collector tracks, by type, without what they refer to; nothing was traced.",
        ),
    )


def _samples(snapshot: tracemalloc.Snapshot) -> tuple[Sample, ...]:
    statistics = [
        statistic
        for statistic in snapshot.statistics("traceback")
        if not any(frame.filename.startswith(_OWN_FILES) for frame in statistic.traceback)
    ]
    files = {frame.filename for statistic in statistics for frame in statistic.traceback}
    index = FunctionIndex(gc.get_objects(), files)
    return tuple(
        Sample(
            tuple(index.frame(frame.filename, frame.lineno) for frame in reversed(statistic.traceback)),
            (statistic.count, statistic.size),
        )
        for statistic in statistics
    )


def _headline(samples: Sequence[Sample]) -> str:
    count, size = (sum(sample.values[position] for sample in samples) for position in (0, 1))
    return f"heap profile: {count} objects: {size} bytes"


def _trace(seconds: float, depth: int, stopping: threading.Event) -> tracemalloc.Snapshot:
    tracemalloc.start(depth)
    try:
        stopping.wait(seconds)
        return tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()


@dataclass(frozen=True, slots=True)
class Census:
    """Objects that the garbage collector tracks, as (type, number, bytes), the commonest type first.

    Bytes are those of the objects themselves, without what they refer to.
    """

    types: tuple[tuple[str, int, int], ...]


def take_census() -> Census:
    """Count the objects by type; about half a second for a million.

    Strings, numbers and bytes are not tracked, and so not counted.
    """
    counts: Counter[type] = Counter()
    sizes: Counter[type] = Counter()
    for tracked in gc.get_objects():
        kind = type(tracked)
        counts[kind] += 1
        sizes[kind] += _size(tracked)
    return Census(tuple((_name(kind), count, sizes[kind]) for kind, count in counts.most_common()))


def memory_notes(census: Census) -> list[str]:
    """Return the process's memory and the census as lines of text."""
    lines = [f"# {line}" for line in _resident()]
    total = sum(count for _, count, _ in census.types)
    lines.append(f"# {total} objects tracked by the garbage collector; the commonest types, with their bytes:")
    lines += [f"# {count:>9} {size:>12}  {name}" for name, count, size in census.types[:_TYPES_SHOWN]]
    return lines


def _resident() -> list[str]:
    """Return what Linux says of the process's memory now (VmRSS) and at its peak (VmHWM)."""
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ["resident memory: not told by this system"]
    return [" ".join(line.split()) for line in lines if line.startswith(("VmRSS:", "VmHWM:"))]


def _size(tracked: object) -> int:
    try:
        return sys.getsizeof(tracked)
    except Exception:  # an object's own __sizeof__ may do anything
        return 0


def _name(kind: type) -> str:
    module = kind.__module__
    return f"{module}.{kind.__qualname__}" if isinstance(module, str) else kind.__qualname__
