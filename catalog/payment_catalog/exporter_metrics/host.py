"""The host, and the control group that the exporter runs in."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import CpuMode, NetworkDirection, values

IN_A_CONTROL_GROUP = "Published where the kernel has control groups and shows the exporter its own."
LIMITED = f"{IN_A_CONTROL_GROUP} Absent without a limit."

MOUNTPOINT = Label("mountpoint", bound="the file systems that the configuration names")
DEVICE = Label("device", bound="the host's network interfaces, without loopback unless it is the only one")

CPU = Metric(
    "host_cpu_seconds_total",
    MetricType.COUNTER,
    "Time that the host's processors spent, summed over them.",
    EXPORTER,
    (Label("mode", values(CpuMode)),),
)
MEMORY_TOTAL = Metric("host_memory_total_bytes", MetricType.GAUGE, "Memory that the host has.", EXPORTER)
MEMORY_AVAILABLE = Metric(
    "host_memory_available_bytes",
    MetricType.GAUGE,
    "Memory that can be given to programs without swapping.",
    EXPORTER,
)
DISK_SIZE = Metric("host_disk_size_bytes", MetricType.GAUGE, "Size of the file system.", EXPORTER, (MOUNTPOINT,))
DISK_AVAILABLE = Metric(
    "host_disk_available_bytes",
    MetricType.GAUGE,
    "Space of the file system that is left to unprivileged programs.",
    EXPORTER,
    (MOUNTPOINT,),
)
NETWORK = Metric(
    "host_network_bytes_total",
    MetricType.COUNTER,
    "Bytes that went through a network interface.",
    EXPORTER,
    (DEVICE, Label("direction", values(NetworkDirection))),
)
CGROUP_MEMORY = Metric(
    "cgroup_memory_used_bytes",
    MetricType.GAUGE,
    "Memory of the exporter's control group, without page cache that can be dropped.",
    EXPORTER,
    conditional=IN_A_CONTROL_GROUP,
)
CGROUP_MEMORY_LIMIT = Metric(
    "cgroup_memory_limit_bytes",
    MetricType.GAUGE,
    "Memory that the exporter's control group may use, the least of its own limit and its parents'.",
    EXPORTER,
    conditional=LIMITED,
)
CGROUP_CPU_LIMIT = Metric(
    "cgroup_cpu_limit_cores",
    MetricType.GAUGE,
    "Processors that the exporter's control group may use, the least of its own limit and its parents'.",
    EXPORTER,
    conditional=LIMITED,
)
CGROUP_CPU_THROTTLED = Metric(
    "cgroup_cpu_throttled_seconds_total",
    MetricType.COUNTER,
    "Time for which the exporter's control group was kept from running by its limit or one above.",
    EXPORTER,
    conditional=IN_A_CONTROL_GROUP,
)

METRICS: tuple[Metric, ...] = (
    CPU,
    MEMORY_TOTAL,
    MEMORY_AVAILABLE,
    DISK_SIZE,
    DISK_AVAILABLE,
    NETWORK,
    CGROUP_MEMORY,
    CGROUP_MEMORY_LIMIT,
    CGROUP_CPU_LIMIT,
    CGROUP_CPU_THROTTLED,
)
