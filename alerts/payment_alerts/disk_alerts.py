"""Alerts on file systems that will be full, by the trend of the last hours.

A trend alone is no reason: an empty disk that gets a backup falls fast and stops. So enough must be taken already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario, outlined
from payment_alerts.scenario_series import Target, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.disk_forecasts import TREND, WITHIN_A_DAY, WITHIN_HOURS, DiskForecast
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import host
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import exporter_job

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.catalog import Catalog

#: Between two evaluations; nothing here changes within minutes.
INTERVAL = timedelta(minutes=3)

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_SIZE = 1_000_000_000
#: Of which the first lie before the window.
_HOURS = 9.5


@dataclass(frozen=True, slots=True)
class Forecast:
    """An alert on a disk for which ``disk`` has held for the time ``pending``."""

    name: str
    disk: DiskForecast
    pending: timedelta
    severity: Severity
    priority: Priority
    impact: str


FORECASTS = (
    Forecast(
        "DiskFullWithinADay",
        WITHIN_A_DAY,
        # A nightly job that takes space and gives it back is over.
        _HOUR,
        Severity.WARNING,
        Priority.P2,
        "None yet; a full file system stops the database and the logs. There is a working day left.",
    ),
    Forecast(
        "DiskFullWithinHours",
        WITHIN_HOURS,
        # A quarter of an hour of four: the trend is that of hours already.
        timedelta(minutes=15),
        Severity.CRITICAL,
        Priority.P1,
        "None yet; a full file system stops the database and the logs, and payments with them.",
    ),
)


def disk_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on disks that fill."""
    target, job = exporter_target(catalog.settings), exporter_job(catalog.settings)
    alerts = tuple(disk_full(forecast, job, target) for forecast in FORECASTS)
    return AlertGroup("payment-disks", "disks.yaml", alerts, interval=INTERVAL, dashboard=Dashboard.INFRASTRUCTURE)


def disk_full(forecast: Forecast, job: str, target: Target) -> Alert:
    """A file system is full soon if it goes on like this."""
    available = f"{host.DISK_AVAILABLE}{{{job}}}"
    within = forecast.disk.within.total_seconds()
    hours = within / 3600
    at = _HOURS * _HOUR
    pending = forecast.pending / _HOUR
    low = forecast.disk.left * 0.5

    def full_in(left: float, later: float, ago: float = 0) -> str:
        """Return a disk that falls steadily, is full so many hours later, and of which ``left`` was free ``ago``."""
        an_hour = left / (later + ago)
        return _course((left + an_hour * (_HOURS - ago), -an_hour, _HOURS + 1))

    # An evaluation and a little more.
    enough, not_enough = pending + 0.06, pending - 0.06
    filling = {
        "/full-within-the-time": full_in(low, hours - enough),
        "/taken-for-long-enough": full_in(forecast.disk.left * 0.98, hours / 2, ago=enough),
    }
    others = {
        "/not-full-within-the-time": full_in(low, hours - not_enough),
        "/not-taken-for-long-enough": full_in(forecast.disk.left * 1.02, hours / 2, ago=not_enough),
        "/still": _course((low, 0, _HOURS + 1)),
        "/emptied": _course((low * 2, -low / 9, 9), (0.9, 0, 2)),
        "/sudden-since-two-hours": _course((low, 0, 7), (low, -low / (0.4 * hours + 2.4), 4)),
        "/fast-before-these-hours": _course((low * 4, -low * 1.2, 2.5), (low, 0, 8)),
    }
    return Alert(
        name=forecast.name,
        expr=f"predict_linear({available}[{format_duration(TREND)}], {number(within)}) < 0"
        f" and {available} / ({host.DISK_SIZE}{{{job}}} > 0) < {number(forecast.disk.left)}",
        pending=forecast.pending,
        severity=forecast.severity,
        priority=forecast.priority,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary=f"{{{{ $labels.mountpoint }}}} of {{{{ $labels.instance }}}} is full within "
        f"{format_duration(forecast.disk.within)}",
        description="If it goes on like in the last "
        f"{format_duration(TREND)}, the file system in {{{{ $labels.environment }}}} lacks "
        f"{{{{ $value | humanize1024 }}}}B by then.",
        meaning="A file system of the host fills steadily, and little of it is left.",
        impact=forecast.impact,
        scenarios=outlined(
            INTERVAL,
            Scenario(
                "some fill, others do not",
                _disks(target, filling | others),
                at,
                _labels(target, filling),
            ),
            Scenario("no data", (), _HOUR),
        ),
    )


def _disks(target: Target, courses: Mapping[str, str]) -> tuple[InputSeries, ...]:
    """Return file systems that are named for what happens to them."""
    return tuple(
        series
        for mountpoint, course in courses.items()
        for series in (
            target.series(host.DISK_AVAILABLE.name, course, mountpoint=mountpoint),
            target.series(host.DISK_SIZE.name, steady(_SIZE, 24 * 60), mountpoint=mountpoint),
        )
    )


def _labels(target: Target, mountpoints: Iterable[str]) -> tuple[dict[str, str], ...]:
    return tuple({**target.instance_labels, "mountpoint": mountpoint} for mountpoint in mountpoints)


def _course(*phases: tuple[float, float, float]) -> str:
    """Return what is available: from a share of the disk on, rising by a share an hour, for so many hours."""
    return then(
        *(
            f"{number(start * _SIZE)}{an_hour * _SIZE / 60:+.6f}x{round(hours * 60) - 1}"
            for start, an_hour, hours in phases
        )
    )
