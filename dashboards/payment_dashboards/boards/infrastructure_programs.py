"""What the service's and the exporter's processes take, what they may take, and what they never give back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.exporter_metrics import host
from payment_catalog.external_metrics import PROCESS_CPU, RESIDENT_MEMORY, START_TIME
from payment_catalog.promql import number, quote
from payment_catalog.runtime_metrics import ASYNCIO_TASKS
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, JOB, exporter_job, service_job
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Row
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_catalog.settings import Settings
    from payment_catalog.watching import Limit
    from payment_dashboards.kit import Kit

_PROGRAM = "{{instance}} {{job}}"


def program_rows(kit: Kit) -> tuple[Row, ...]:
    """Return the rows about processes."""
    return (
        Row("Programs: what does each take?", (processor_time(kit), resident_memory(kit), open_files(kit))),
        Row("Programs: what is never given back?", (tasks(kit), rise_a_day(kit))),
        Row("The exporter's control group: what may it take?", (group_memory(kit), group_cpu(kit), throttled(kit))),
    )


def worst_open_files(kit: Kit) -> Stat:
    """Return the share of file descriptors that are open, of the process with the largest."""
    alert = "FileDescriptorsNearLimit"
    return Stat(
        title="Open files, worst",
        description="Share of the file descriptors that a process may have and that are open, of the process with the "
        "largest; without a free one it accepts no connection.",
        queries=(kit.worst(alert),),
        unit=Unit.RATIO,
        limits=kit.limits(alert),
        links=kit.runbooks(alert),
        sparkline=True,
    )


def processor_time(kit: Kit) -> OverTime:
    """Return the processors that each process keeps busy."""
    return OverTime(
        title="Processors by program",
        description="How many processors each process keeps busy. A Python process runs its code on one.",
        queries=(Query(f"rate({PROCESS_CPU}{{{_programs(kit.settings)}}}[$__rate_interval])", _PROGRAM),),
        decimals=2,
    )


def resident_memory(kit: Kit) -> OverTime:
    """Return the memory of each process."""
    return OverTime(
        title="Memory by program",
        description="Memory of each process that is not swapped out. It settles after hours; what rises from day to "
        "day leaks.",
        queries=(Query(f"{RESIDENT_MEMORY}{{{_programs(kit.settings)}}}", _PROGRAM),),
        unit=Unit.BYTES,
        links=kit.runbooks("MemoryLeak"),
    )


def open_files(kit: Kit) -> OverTime:
    """Return the share of file descriptors that each process has open."""
    alert = "FileDescriptorsNearLimit"
    return OverTime(
        title="Open files by program",
        description="Share of the file descriptors that each process may have and that are open: files, connections, "
        "pipes. Without a free one it accepts no connection.",
        queries=(kit.measured(alert, _PROGRAM),),
        unit=Unit.RATIO,
        limits=kit.limits(alert),
        links=kit.runbooks(alert, "FileDescriptorLeak"),
    )


def _programs(settings: Settings) -> str:
    return f"job=~{quote(f'{settings.service}|{settings.exporter}')}"


def tasks(kit: Kit) -> OverTime:
    """Return the asyncio tasks of each process of the service."""
    return OverTime(
        title="Asyncio tasks",
        description=f"{ASYNCIO_TASKS.description} They rise and fall with the requests; what only rises leaks.",
        queries=(Query(f"{ASYNCIO_TASKS}{{{service_job(kit.settings)}}}", "{{instance}}"),),
        links=kit.runbooks("AsyncioTaskLeak"),
    )


def rise_a_day(kit: Kit) -> Table:
    """Return what each process takes more from day to day, as the alerts on leaks compare it."""
    leaks = {"MemoryLeak": "Memory a day", "FileDescriptorLeak": "Files a day", "AsyncioTaskLeak": "Tasks a day"}
    age = f"time() - {START_TIME}{{{_programs(kit.settings)}}}"
    old = format_duration(timedelta(seconds=_limits(kit, "MemoryLeak")[1].value))
    return Table(
        title="What each process takes more from day to day",
        description=f"Rise a day by the trend of the last hours, of processes older than {old}: a younger one may "
        "still warm up. The alerts also ask that it is more than at the same hours yesterday.",
        queries=(
            Query(f"max by ({INSTANCE}) ({age})"),
            *(Query(f"max by ({INSTANCE}) ({_rise(kit, alert)})") for alert in leaks),
        ),
        columns=(
            Column(source="job", title="Program"),
            Column(source="instance", title="Instance"),
            Column(source="Value #A", title="Runs for", unit=Unit.SECONDS, width=110),
            *(
                Column(
                    source=f"Value #{letter}",
                    title=title,
                    unit=Unit.BYTES if alert == "MemoryLeak" else Unit.COUNT,
                    width=120,
                    limits=kit.limits(alert),
                )
                for letter, (alert, title) in zip("BCD", leaks.items(), strict=True)
            ),
        ),
        sort="Memory a day",
        descending=True,
        links=kit.runbooks(*leaks),
        decimals=1,
        width=16,
    )


def _rise(kit: Kit, alert: str) -> str:
    """Return what an alert on a leak compares, of the processes that are old enough for it."""
    rise, age = _limits(kit, alert)
    return f"{rise.expr} and {age.expr} > {number(age.value)}"


def _limits(kit: Kit, alert: str) -> tuple[Limit, Limit]:
    """Return the limit of an alert's rise, and that of the process' age."""
    rise, age = kit.watching.alerts[alert].limits
    return rise, age


def group_memory(kit: Kit) -> OverTime:
    """Return the memory of the exporter's control group, and its limit."""
    job = exporter_job(kit.settings)
    return OverTime(
        title="Memory of the control group",
        description=f"{host.CGROUP_MEMORY.description} At the limit, where there is one, the kernel ends the process.",
        queries=(
            Query(f"{host.CGROUP_MEMORY}{{{job}}}", "{{instance}}"),
            Query(f"min by ({JOB}) ({host.CGROUP_MEMORY_LIMIT}{{{job}}})", "limit"),
        ),
        unit=Unit.BYTES,
        bounds=("limit",),
        no_value="no control group",
    )


def group_cpu(kit: Kit) -> OverTime:
    """Return the processors that the exporter keeps busy, and how many it may."""
    job = exporter_job(kit.settings)
    return OverTime(
        title="Processors of the exporter and their limit",
        description="How many processors the exporter keeps busy, and how many its control group may, where there is a "
        "limit.",
        queries=(
            Query(f"rate({PROCESS_CPU}{{{job}}}[$__rate_interval])", "{{instance}}"),
            Query(f"min by ({JOB}) ({host.CGROUP_CPU_LIMIT}{{{job}}})", "limit"),
        ),
        bounds=("limit",),
        decimals=2,
    )


def throttled(kit: Kit) -> OverTime:
    """Return how long the exporter's control group had to wait for its limit."""
    return OverTime(
        title="Kept from running by its limit",
        description="Seconds of each second for which the control group was kept from running because it had used up "
        "its share of the processors; of several threads together, so that it can be more than one.",
        queries=(
            Query(
                f"rate({host.CGROUP_CPU_THROTTLED}{{{exporter_job(kit.settings)}}}[$__rate_interval])", "{{instance}}"
            ),
        ),
        unit=Unit.SECONDS,
        no_value="no control group",
    )
