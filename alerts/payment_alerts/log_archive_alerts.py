"""Alerts on ``payobs archive``: old log files that stay where they are, though they should be in the bucket by now.

A run ends well only when it leaves no old file behind. So the time of the last such run tells both whether the job
runs and whether it gets everything away. It comes from two places: from the report of a run, which an exporter on the
same host reads when told to, and in Kubernetes from the CronJob's status. Where neither is set up there is no series,
and none of these fires. What Fluentd sends to the bucket is LogArchiveStale's matter.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario, outlined
from payment_alerts.kubernetes_scenarios import kubernetes_target, with_another_namespace
from payment_alerts.scenario_series import Target, absent, exporter_target, steady, then
from payment_catalog import kubernetes_metrics as kubernetes
from payment_catalog import log_archive
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import archive
from payment_catalog.incident import IncidentKey
from payment_catalog.log_archive import OVERDUE
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: Between two evaluations; nothing here changes within minutes.
INTERVAL = timedelta(minutes=3)
#: The report is written, and the status told, some time after a run has ended.
PENDING = timedelta(minutes=30)

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_AT = timedelta(hours=2)
_MINUTES = _AT // _MINUTE
_SILENT_HOST = "Where no exporter runs its collector 'archive', this alert is silent."
_IMPACT = "None on payments; log files fill the disk, and are kept for longer than they should be."


def log_archive_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the archive of old log files."""
    settings = catalog.settings
    exporter, job = exporter_target(settings), exporter_job(settings)
    cluster = kubernetes_target(settings, kubernetes.KUBE_STATE_METRICS)
    namespace = kubernetes.namespace_of(kubernetes.KUBE_STATE_METRICS, settings)
    return AlertGroup(
        "payment-log-archive",
        "log-archive.yaml",
        (
            log_archive_overdue(job, exporter),
            log_archive_never_complete(job, exporter),
            with_another_namespace(log_archive_job_overdue(namespace, log_archive.job_name(settings), cluster)),
        ),
        interval=INTERVAL,
        dashboard=Dashboard.LOGS,
    )


def log_archive_overdue(job: str, target: Target) -> Alert:
    """The report's last run that left nothing behind is too long ago."""
    success = archive.LAST_SUCCESS

    def ago(age: timedelta, by: Target = target) -> tuple[InputSeries, ...]:
        """Return when the last run left nothing behind, which is ``age`` ago at the time of the check."""
        return (by.series(success.name, steady((_AT - age).total_seconds(), _MINUTES)),)

    new = (_AT - timedelta(minutes=10)).total_seconds()
    firing = (target.instance_labels,)
    return Alert(
        name="LogArchiveOverdue",
        # Each host has log files of its own. No series: no run has done it yet, LogArchiveNeverComplete's matter.
        expr=f"time() - {success}{{{job}}} > {number(OVERDUE.total_seconds())}",
        pending=PENDING,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Old log files beside {{ $labels.instance }} are not archived",
        description="The last run of 'payobs archive' that left no old log file behind in {{ $labels.environment }} "
        "ended {{ $value | humanizeDuration }} ago; it is due every night.",
        meaning="The job does not run any more, or each run fails for some files; its output names them. "
        f"{_SILENT_HOST}",
        impact=_IMPACT,
        scenarios=(
            Scenario("a week ago", ago(7 * _DAY), _AT, firing),
            Scenario("a week ago, on one of two hosts", (*ago(7 * _DAY), *ago(_HOUR, by=target.second)), _AT, firing),
            Scenario("overdue for as long as it takes", ago(OVERDUE + PENDING + INTERVAL), _AT, firing),
            Scenario("overdue a little less long", ago(OVERDUE + PENDING), _AT),
            Scenario("one night failed, and the next run takes long", ago(OVERDUE - _HOUR), _AT),
            Scenario("last night", ago(12 * _HOUR), _AT),
            Scenario(
                "it has just been done", (target.series(success.name, then(steady(-9e5, 111), steady(new, 9))),), _AT
            ),
            Scenario("no report is read, or no run was complete", (), _AT),
        ),
    )


def log_archive_never_complete(job: str, target: Target) -> Alert:
    """The exporter is told to read a report, and there is none, or no run that it tells of left nothing behind."""
    readable, success = archive.REPORT_READABLE, archive.LAST_SUCCESS
    pending = OVERDUE
    at = pending + 2 * _HOUR
    minutes = at // _MINUTE

    def report(value: int, *done: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(readable.name, steady(value, minutes)),
            *(by.series(success.name, values) for values in done),
        )

    firing = (target.instance_labels,)
    return Alert(
        name="LogArchiveNeverComplete",
        expr=f"{readable}{{{job}}} unless {success}{{{job}}}",
        # As long as a run may be overdue: a new installation waits for its first night, a damaged report for the next.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="No run of 'payobs archive' has archived everything beside {{ $labels.instance }}",
        description="The exporter in {{ $labels.environment }} finds no report of such a run "
        f"({readable} is {{{{ $value }}}}).",
        meaning="0: no run has written a report where the exporter looks, or it cannot be read. 1: each run leaves "
        f"files behind; its output names them. {_SILENT_HOST}",
        impact=_IMPACT,
        scenarios=outlined(
            timedelta(minutes=30),
            Scenario("there is no report", report(0), at, firing),
            Scenario("no run left nothing behind", report(1), pending, firing),
            Scenario(
                "on one of two hosts",
                (*report(0), *report(1, steady(0, minutes), by=target.second)),
                at,
                firing,
            ),
            Scenario("one did, however long ago", report(1, steady(0, minutes)), at),
            Scenario("one did in the second night", report(1, then(absent(2400), steady(144_000, 1300))), at),
            Scenario("not for long enough", report(0), pending - _HOUR),
            Scenario("no report is to be read", (), at),
        ),
    )


def log_archive_job_overdue(ours: str, name: str, target: Target) -> Alert:
    """The CronJob's last good run is too long ago, or it has had none since it was made."""
    success, created = kubernetes.CRON_JOB_LAST_SUCCESS, kubernetes.CRON_JOB_CREATED
    by_job = f"{JOB}, {kubernetes.CRON_JOB.name}"
    matchers = f"{ours}, {kubernetes.CRON_JOB.name}={quote(name)}"
    own = {kubernetes.CRON_JOB.name: name}

    def job(
        made: timedelta, done: timedelta | None, by: Target = target, called: str = name
    ) -> tuple[InputSeries, ...]:
        """Return a cron job made so long before the check, and done so long before; None: never."""
        ages = ((created, made), *(((success, done),) if done else ()))
        return tuple(
            by.series(metric.name, steady((_AT - age).total_seconds(), _MINUTES), **{kubernetes.CRON_JOB.name: called})
            for metric, age in ages
        )

    firing = ({**target.job_labels, **own},)
    return Alert(
        name="LogArchiveJobOverdue",
        expr=f"time() - (max by ({by_job}) ({success}{{{matchers}}}) or max by ({by_job}) ({created}{{{matchers}}})) "
        f"> {number(OVERDUE.total_seconds())}",
        pending=PENDING,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The CronJob {{ $labels.cronjob }} does not archive old log files",
        description="No run in {{ $labels.environment }} has ended well for {{ $value | humanizeDuration }}; it is due "
        "every night, and ends well when it leaves no old file behind.",
        meaning="It is suspended, its pod does not start, or each run fails for some files; its log names them. "
        "Without kube-state-metrics, or without the CronJob, this alert is silent.",
        impact=_IMPACT,
        scenarios=(
            Scenario("a week ago", job(60 * _DAY, 7 * _DAY), _AT, firing),
            Scenario("never since it was made a week ago", job(7 * _DAY, None), _AT, firing),
            Scenario("overdue for as long as it takes", job(60 * _DAY, OVERDUE + PENDING + INTERVAL), _AT, firing),
            Scenario(
                "a week ago, for two kube-state-metrics",
                (*job(60 * _DAY, 7 * _DAY), *job(60 * _DAY, 7 * _DAY, by=target.second)),
                _AT,
                firing,
            ),
            Scenario(
                "never, for two kube-state-metrics",
                (*job(7 * _DAY, None), *job(7 * _DAY, None, by=target.second)),
                _AT,
                firing,
            ),
            Scenario(
                "last night, which one of two kube-state-metrics has not seen",
                (*job(60 * _DAY, 12 * _HOUR), *job(60 * _DAY, 7 * _DAY, by=target.second)),
                _AT,
            ),
            Scenario(
                "another one made it anew, which one of two kube-state-metrics has not seen",
                (*job(_HOUR, None), *job(60 * _DAY, None, by=target.second)),
                _AT,
            ),
            Scenario("overdue a little less long", job(60 * _DAY, OVERDUE + PENDING), _AT),
            Scenario("one night failed, and the next run takes long", job(60 * _DAY, OVERDUE - _HOUR), _AT),
            Scenario("last night", job(60 * _DAY, 12 * _HOUR), _AT),
            Scenario("it was made yesterday", job(_DAY, None), _AT),
            Scenario("another cron job is none of ours", job(60 * _DAY, 7 * _DAY, called="reports"), _AT),
            Scenario("there is none", (), _AT),
        ),
    )
