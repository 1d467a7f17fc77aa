"""Alerts on the host: processors, memory, file systems."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup, InputSeries
from payment_alerts.changing import KEEP_FIRING
from payment_alerts.scenario_series import Target, exporter_target, rising, steady
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import host
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.signal import Section
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import CpuMode

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_SIZE = 1_000_000_000
_MOUNTPOINT = "/"


def infrastructure_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the infrastructure metrics of the runbook."""
    target = exporter_target(catalog.settings)
    rules = (cpu_usage(catalog, target), memory_usage(catalog, target), disk_usage(catalog, target))
    return AlertGroup(
        "payment-infrastructure",
        "infrastructure.yaml",
        tuple(alert for rule in rules for alert in rule.alerts()),
        tuple(
            recording
            for signal in catalog.signals
            if signal.section is Section.INFRASTRUCTURE
            for recording in signal.recordings
        ),
        dashboard=Dashboard.INFRASTRUCTURE,
    )


def cpu_usage(catalog: Catalog, target: Target) -> ThresholdAlert:
    """The processors have little left."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        """Two hosts, the first with one processor, the second with four."""
        shares = {CpuMode.USER: value, CpuMode.IDLE: (1 - value) * 2 / 3, CpuMode.IOWAIT: (1 - value) / 3}
        return tuple(
            host_of.series(host.CPU.name, rising(processors * 60 * share, minutes), mode=mode)
            for host_of, processors in ((target, 1), (target.second, 4))
            for mode, share in shares.items()
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.CPU_USAGE),
        expr=catalog.signal("cpu_usage").expr,
        warning=Level("CpuUsageHigh", Priority.P3),
        critical=Level("CpuUsageCritical", Priority.P2),
        # A cause, not a symptom: it informs, and only when it stays.
        pending=timedelta(minutes=15),
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="CPU usage",
        meaning="The host's processors have been busy for a quarter of an hour.",
        impact="None yet; requests become slow when it rises further.",
        feed=feed,
        labels=target.instance_labels,
        beside=(target.second.instance_labels,),
        window=timedelta(minutes=5),
        keep_firing=KEEP_FIRING,
    )


def memory_usage(catalog: Catalog, target: Target) -> ThresholdAlert:
    """Memory runs out."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (
            target.series(host.MEMORY_TOTAL.name, steady(_SIZE, minutes)),
            target.series(host.MEMORY_AVAILABLE.name, steady(_SIZE * (1 - value), minutes)),
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.MEMORY_USAGE),
        expr=catalog.signal("memory_usage").expr,
        warning=Level("MemoryUsageHigh", Priority.P3),
        critical=Level("MemoryUsageCritical", Priority.P2),
        pending=timedelta(minutes=10),
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="Memory usage",
        meaning="Little memory of the host is available to programs.",
        impact="None yet; the kernel ends a process when memory runs out.",
        feed=feed,
        labels=target.instance_labels,
        keep_firing=KEEP_FIRING,
    )


def disk_usage(catalog: Catalog, target: Target) -> ThresholdAlert:
    """A file system fills."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (
            target.series(host.DISK_SIZE.name, steady(_SIZE, minutes), mountpoint=_MOUNTPOINT),
            target.series(host.DISK_AVAILABLE.name, steady(_SIZE * (1 - value), minutes), mountpoint=_MOUNTPOINT),
        )

    return ThresholdAlert(
        threshold=catalog.settings.threshold(ThresholdKey.DISK_USAGE),
        expr=catalog.signal("disk_usage").expr,
        warning=Level("DiskUsageHigh", Priority.P2),
        critical=Level("DiskUsageCritical", Priority.P1),
        pending=timedelta(minutes=10),
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        subject="Disk usage",
        meaning="A file system of the host is nearly full.",
        impact="None yet; a full file system stops the database and the logs.",
        feed=feed,
        labels={**target.instance_labels, "mountpoint": _MOUNTPOINT},
    )
