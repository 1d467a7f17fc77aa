"""The control group that this process runs in: what it uses, and what it may use.

Reads version 2, version 1, and the two beside each other. A limit holds for everything below it, so the one that
counts is the least on the way from the group to the root. Files and units are those of the kernel's
``admin-guide/cgroup-v2.rst``, ``admin-guide/cgroup-v1/memory.rst`` and ``scheduler/sched-bwc.rst``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    ValueT = TypeVar("ValueT")
    NumberT = TypeVar("NumberT", int, float)

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")

#: Version 1 writes "no limit" as the last whole page below 2^63 bytes; no machine has half of that.
UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Figures of a control group; ``None`` is what the kernel does not show, or a limit that is not set."""

    memory_used: int | None = None
    """Bytes without inactive page cache, which is what the kubelet's working set is."""
    memory_limit: int | None = None
    """Bytes."""
    cpu_limit: float | None = None
    """Processors."""
    cpu_throttled: float | None = None
    """Seconds in which its own quota or one above stood in the way; the kernel counts each at the group that has it."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A line of ``/proc/self/cgroup``: the controllers of a hierarchy, and the path of the group in it."""

    controllers: str
    path: str


@dataclass(frozen=True, slots=True)
class _Version:
    """Names of files and of keys in them; ``ticks`` are units of throttled time in a second."""

    usage: str
    droppable: str
    limit: str
    quota: tuple[str, ...]
    throttled: str
    ticks: int


_ONE = _Version(
    "memory.usage_in_bytes",
    "total_inactive_file",
    "memory.limit_in_bytes",
    ("cpu.cfs_quota_us", "cpu.cfs_period_us"),
    "throttled_time",
    10**9,
)
_TWO = _Version("memory.current", "inactive_file", "memory.max", ("cpu.max",), "throttled_usec", 10**6)


def read_control_group(root: Path = ROOT, membership: Path = MEMBERSHIP) -> ControlGroup:
    """Return the figures of the calling process's group; without control groups they are all ``None``.

    A group that a controller does not reach is governed by the nearest one above it that it does reach.
    Raises OSError for a file that may not be read, and ValueError, which names it, for one that is not as the
    kernel writes it.
    """
    memberships = _read(membership, parse_membership) or {}
    memory, memory_groups = _way(root, memberships, "memory")
    cpu, cpu_groups = _way(root, memberships, "cpu")
    return ControlGroup(
        memory_used=_nearest(_memory_used(group, memory) for group in memory_groups),
        memory_limit=_least(_read(group / memory.limit, parse_limit) for group in memory_groups),
        cpu_limit=_least(_cpu_limit(group, cpu) for group in cpu_groups),
        cpu_throttled=_total(_cpu_throttled(group, cpu) for group in cpu_groups),
    )


def parse_membership(text: str) -> Mapping[str, Membership]:
    """Return the membership for each controller of version 1, and for ``""``, the hierarchy of version 2."""
    memberships = {}
    for line in filter(None, text.split("\n")):
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            memberships[controller] = Membership(controllers, path)
    return memberships


def parse_limit(text: str) -> int | None:
    """Return a limit in bytes, ``None`` for no limit in the words of either version."""
    if text.strip() == "max":
        return None
    limit = int(text)
    return limit if limit < UNLIMITED else None


def parse_quota(text: str) -> float | None:
    """Return processors from quota and period, as ``cpu.max`` has them: ``150000 100000`` is 1.5.

    ``max``, and a quota below 0 as version 1 writes it, mean no limit.
    """
    quota, period = text.split()
    if quota == "max" or int(quota) < 0:
        return None
    if int(period) <= 0:
        raise ValueError("a period is longer than nothing")
    return int(quota) / int(period)


def parse_flat_keyed(text: str) -> Mapping[str, int]:
    """Return what ``memory.stat`` or ``cpu.stat`` holds: a key and a number on each line."""
    pairs = (line.split() for line in text.splitlines())
    return {key: int(value) for key, value in pairs}


def _way(root: Path, memberships: Mapping[str, Membership], controller: str) -> tuple[_Version, list[Path]]:
    """Return the groups that the controller limits the process by: its own first, the root of the mount last."""
    if controller in memberships:
        membership = memberships[controller]
        mounts = [mount for mount in (root / controller, root / membership.controllers) if mount.is_dir()]
        return _ONE, _upwards(mounts[0], membership.path) if mounts else []
    if "" not in memberships:
        return _TWO, []
    mount = root if (root / "cgroup.controllers").exists() else root / "unified"
    return _TWO, _upwards(mount, memberships[""].path)


def _upwards(mount: Path, path: str) -> list[Path]:
    """Return the group and those above it.

    A container sees its group as the root of the mount, while the path may still be the host's, or lead out of the
    container's namespace by ``..``.
    """
    group = mount / path.lstrip("/")
    if ".." in group.parts or not group.is_dir():
        return [mount]
    return [group, *(parent for parent in group.parents if parent.is_relative_to(mount))]


def _memory_used(group: Path, version: _Version) -> int | None:
    usage = _read(group / version.usage, int)
    if usage is None:
        return None
    statistics = _read(group / "memory.stat", parse_flat_keyed) or {}
    return max(0, usage - statistics.get(version.droppable, 0))


def _cpu_limit(group: Path, version: _Version) -> float | None:
    texts = [text for name in version.quota if (text := _read(group / name, str)) is not None]
    if len(texts) < len(version.quota):
        return None
    try:
        return parse_quota(" ".join(texts))
    except ValueError:
        raise _unexpected(group / version.quota[0]) from None


def _cpu_throttled(group: Path, version: _Version) -> float | None:
    throttled = (_read(group / "cpu.stat", parse_flat_keyed) or {}).get(version.throttled)
    return None if throttled is None else throttled / version.ticks


def _nearest(values: Iterable[NumberT | None]) -> NumberT | None:
    return next((value for value in values if value is not None), None)


def _least(values: Iterable[NumberT | None]) -> NumberT | None:
    return min((value for value in values if value is not None), default=None)


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _read(file: Path, parse: Callable[[str], ValueT]) -> ValueT | None:
    """Return what the file holds, ``None`` when there is none."""
    try:
        text = os.fsdecode(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return parse(text)
    except ValueError:
        raise _unexpected(file) from None


def _unexpected(file: Path) -> ValueError:
    return ValueError(f"{file}: not as the kernel writes it")
