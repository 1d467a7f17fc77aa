"""The host: processors, memory, file systems, network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import counter_family, gauge_family
from payment_catalog.vocabulary import CpuMode, ExporterCollector, NetworkDirection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.metric import Metric

_LOOPBACK = "lo"
#: Linux counts these inside user and nice already.
_COUNTED_TWICE = frozenset({"guest", "guest_nice"})


class HostCollector:
    """Reads the host by psutil."""

    name = ExporterCollector.HOST

    def __init__(self, mountpoints: Sequence[Path]) -> None:
        self._mountpoints = mountpoints

    def collect(self) -> Sequence[MetricFamily]:
        """Return the figures of now."""
        return (*_cpu(), *_memory(), *_disks(self._mountpoints), _network())


def _cpu() -> tuple[MetricFamily]:
    spent = dict.fromkeys(CpuMode, 0.0)
    for mode, seconds in psutil.cpu_times()._asdict().items():
        if mode not in _COUNTED_TWICE:
            spent[CpuMode(mode) if mode in set(CpuMode) else CpuMode.OTHER] += seconds
    family = counter_family(metrics.HOST_CPU)
    for mode, seconds in spent.items():
        family.add_metric([mode], seconds)
    return (family,)


def _memory() -> tuple[MetricFamily, MetricFamily]:
    memory = psutil.virtual_memory()
    return (
        _gauge(metrics.HOST_MEMORY_TOTAL, {(): memory.total}),
        _gauge(metrics.HOST_MEMORY_AVAILABLE, {(): memory.available}),
    )


def _disks(mountpoints: Sequence[Path]) -> tuple[MetricFamily, MetricFamily]:
    usages = {(str(mountpoint),): psutil.disk_usage(str(mountpoint)) for mountpoint in mountpoints}
    return (
        _gauge(metrics.HOST_DISK_SIZE, {labels: usage.used + usage.free for labels, usage in usages.items()}),
        _gauge(metrics.HOST_DISK_AVAILABLE, {labels: usage.free for labels, usage in usages.items()}),
    )


def _network() -> MetricFamily:
    devices = psutil.net_io_counters(pernic=True)
    outside = {name: traffic for name, traffic in devices.items() if name != _LOOPBACK} or devices
    family = counter_family(metrics.HOST_NETWORK)
    for name, traffic in outside.items():
        family.add_metric([name, NetworkDirection.RECEIVE], traffic.bytes_recv)
        family.add_metric([name, NetworkDirection.TRANSMIT], traffic.bytes_sent)
    return family


def _gauge(metric: Metric, values: Mapping[tuple[str, ...], float]) -> MetricFamily:
    family = gauge_family(metric)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
