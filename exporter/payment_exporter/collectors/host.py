"""The host: processors, memory, network, file systems, and the control group that limits the exporter in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import psutil

from payment_catalog.exporter_metrics import host as metrics
from payment_catalog.exposition import family, single
from payment_catalog.vocabulary import CpuMode, ExporterCollector, NetworkDirection
from payment_exporter.collectors.cgroup import ControlGroup, read_control_group
from payment_exporter.collectors.filesystems import FileSystems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prometheus_client.core import Metric as MetricFamily

    from payment_exporter import configuration
    from payment_exporter.collectors.filesystems import Space

_LOOPBACK = "lo"
#: Linux counts these inside user and nice already.
_COUNTED_TWICE = frozenset({"guest", "guest_nice"})


class UnreadableError(Exception):
    """Parts of the host that could not be read; its text names each, with the reason."""


class HostCollector:
    """Reads the host by psutil, and the control group from the kernel's files."""

    name = ExporterCollector.HOST

    def __init__(
        self,
        configuration: configuration.Host,
        file_systems: FileSystems | None = None,
        control_group: Callable[[], ControlGroup] = read_control_group,
    ) -> None:
        self._file_systems = file_systems or FileSystems(configuration.mountpoints)
        self._control_group = control_group

    def collect(self, _within: float = math.inf) -> Iterator[MetricFamily]:
        """Return the figures of now.

        After them, raises one UnreadableError that names the file systems that are gone or do not answer, and the
        control group when it cannot be read. File systems have their own patience.
        """
        yield _cpu()
        yield from _memory()
        yield _network()
        unreadable: dict[str, str] = {}
        try:
            group = self._control_group()
        except (OSError, ValueError) as error:
            unreadable["control group"] = str(error)
        else:
            yield from _of_control_group(group)
        spaces, gone = self._file_systems.spaces()
        yield from _disks(spaces)
        unreadable.update(gone)
        if unreadable:
            raise UnreadableError("; ".join(f"{part}: {reason}" for part, reason in unreadable.items()))

    def close(self) -> None:
        """Nothing is held."""


def _cpu() -> MetricFamily:
    spent = dict.fromkeys(CpuMode, 0.0)
    for mode, seconds in psutil.cpu_times()._asdict().items():
        if mode not in _COUNTED_TWICE:
            spent[CpuMode(mode) if mode in set(CpuMode) else CpuMode.OTHER] += seconds
    return family(metrics.CPU, {(mode,): seconds for mode, seconds in spent.items()})


def _memory() -> Iterator[MetricFamily]:
    memory = psutil.virtual_memory()
    yield single(metrics.MEMORY_TOTAL, memory.total)
    yield single(metrics.MEMORY_AVAILABLE, memory.available)


def _network() -> MetricFamily:
    # As the kernel counts: that a counter began anew is Prometheus' to see.
    devices = psutil.net_io_counters(pernic=True, nowrap=False)
    outside = {name: traffic for name, traffic in devices.items() if name != _LOOPBACK} or devices
    received = {(name, NetworkDirection.RECEIVE.value): traffic.bytes_recv for name, traffic in outside.items()}
    sent = {(name, NetworkDirection.TRANSMIT.value): traffic.bytes_sent for name, traffic in outside.items()}
    return family(metrics.NETWORK, received | sent)


def _of_control_group(group: ControlGroup) -> Iterator[MetricFamily]:
    for metric, value in (
        (metrics.CGROUP_MEMORY, group.memory_used),
        (metrics.CGROUP_MEMORY_LIMIT, group.memory_limit),
        (metrics.CGROUP_CPU_LIMIT, group.cpu_limit),
        (metrics.CGROUP_CPU_THROTTLED, group.cpu_throttled),
    ):
        if value is not None:
            yield single(metric, value)


def _disks(spaces: Mapping[str, Space]) -> Iterator[MetricFamily]:
    yield family(metrics.DISK_SIZE, {(mountpoint,): space.size for mountpoint, space in spaces.items()})
    yield family(metrics.DISK_AVAILABLE, {(mountpoint,): space.available for mountpoint, space in spaces.items()})
