"""The dashboard ``payment-infrastructure``: what runs out on the hosts, in the programs and in Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.disk_forecasts import TREND, WITHIN_A_DAY, WITHIN_HOURS
from payment_catalog.durations import format_duration
from payment_catalog.exporter_metrics import host
from payment_catalog.promql import number, quote
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, exporter_job
from payment_catalog.thresholds import Side, Unit
from payment_catalog.vocabulary import CpuMode
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.infrastructure_kubernetes import missing_pods, resource_rows, workload_rows
from payment_dashboards.boards.infrastructure_programs import program_rows, worst_open_files
from payment_dashboards.colours import CPU_MODES
from payment_dashboards.limits import Limits, of_threshold
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_catalog.settings import Settings
    from payment_dashboards.kit import Kit

_DISK = f"{INSTANCE}, {host.MOUNTPOINT.name}"


def infrastructure(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.INFRASTRUCTURE,
        "Processors, memory, disks and network of the hosts, what the programs take of them, and what Kubernetes "
        "grants: how much is used, what waits, and when it runs out.",
        (
            Row(
                "Does anything run out?",
                (
                    worst(kit, "cpu_usage", "CPU, worst host"),
                    worst(kit, "memory_usage", "Memory, worst host"),
                    worst(kit, "disk_usage", "Fullest disk"),
                    first_disk_full(kit),
                    worst_open_files(kit),
                    missing_pods(kit),
                ),
            ),
            Row(
                "Hosts: processors, memory, network",
                (
                    kit.signal("cpu_usage", width=12),
                    processors_at_work(kit),
                    kit.signal("memory_usage", width=12),
                    kit.signal("network_throughput", width=12),
                ),
            ),
            Row("Hosts: disks", (kit.signal("disk_usage", width=10), disks(kit))),
            *program_rows(kit),
            *workload_rows(kit),
            *resource_rows(kit),
        ),
    )


def worst(kit: Kit, key: str, title: str) -> Stat:
    """Return the present value of a signal, of the host where it is largest."""
    signal = kit.catalog.signal(key)
    panel = kit.signal(key)
    return Stat(
        title=title,
        description=f"{panel.description} The largest of all that are chosen.",
        queries=(Query(f"max({signal.expr})"),),
        unit=signal.unit,
        limits=of_threshold(signal.threshold),
        links=panel.links,
        sparkline=True,
    )


def first_disk_full(kit: Kit) -> Stat:
    """Return when the first disk is full, of those that are taken as far as the alert asks."""
    job = exporter_job(kit.settings)
    left = f"{host.DISK_AVAILABLE}{{{job}}} / ({host.DISK_SIZE}{{{job}}} > 0)"
    return Stat(
        title="First disk full in",
        description=f"Time until the first disk is full if it goes on like in the last {format_duration(TREND)}, of "
        f"those with less than {WITHIN_A_DAY.left:.0%} left.",
        queries=(Query(f"min({_time_to_full(kit.settings)} and {left} < {number(WITHIN_A_DAY.left)})"),),
        unit=Unit.SECONDS,
        limits=Limits(Side.BELOW, WITHIN_A_DAY.within.total_seconds(), WITHIN_HOURS.within.total_seconds()),
        links=kit.runbooks("DiskFullWithinHours", "DiskFullWithinADay"),
        no_value="no disk fills",
        decimals=1,
    )


def _time_to_full(settings: Settings) -> str:
    """Return the seconds until each file system is full by its trend; nothing for one that does not fill."""
    available = f"{host.DISK_AVAILABLE}{{{exporter_job(settings)}}}"
    return f"{available} / (-deriv({available}[{format_duration(TREND)}]) > 0)"


def processors_at_work(kit: Kit) -> OverTime:
    """Return how many processors work, on what, and how many there are."""
    total = kit.catalog.signal("cpu_usage").recordings[0]
    at_work = f"{host.CPU}{{{exporter_job(kit.settings)}, mode!={quote(CpuMode.IDLE)}}}"
    return OverTime(
        title="Processors at work",
        description="How many processors of all hosts work, and on what; iowait is time for which they only wait for "
        "disks. The dashed line is how many there are.",
        queries=(
            Query(f"sum by (mode) (rate({at_work}[$__rate_interval]))", "{{mode}}"),
            Query(f"sum({total})", "processors"),
        ),
        colours=CPU_MODES,
        bounds=("processors",),
        stacked=True,
        links=kit.signal("cpu_usage").links,
        decimals=2,
        width=12,
    )


def disks(kit: Kit) -> Table:
    """Return every file system with what is left of it, and when it is full."""
    job = exporter_job(kit.settings)
    usage = kit.catalog.signal("disk_usage")
    return Table(
        title="Disks",
        description="Every file system that is watched, and when it is full if it goes on like in the last "
        f"{format_duration(TREND)}; empty for one that does not fill.",
        queries=(
            Query(f"max by ({_DISK}) ({host.DISK_SIZE}{{{job}}})"),
            Query(f"max by ({_DISK}) ({host.DISK_AVAILABLE}{{{job}}})"),
            Query(f"max by ({_DISK}) ({usage.expr})"),
            Query(f"min by ({_DISK}) ({_time_to_full(kit.settings)})"),
        ),
        columns=(
            Column(source="instance", title="Host"),
            Column(source=host.MOUNTPOINT.name, title="Mounted at"),
            Column(source="Value #A", title="Size", unit=Unit.BYTES, width=90),
            Column(source="Value #B", title="Available", unit=Unit.BYTES, width=90),
            Column(source="Value #C", title="Used", unit=Unit.RATIO, width=80, limits=of_threshold(usage.threshold)),
            Column(source="Value #D", title="Full in", unit=Unit.SECONDS, width=110),
        ),
        sort="Used",
        descending=True,
        links=(*kit.signal("disk_usage").links, *kit.runbooks("DiskFullWithinADay", "DiskFullWithinHours")),
        decimals=1,
        width=14,
    )
