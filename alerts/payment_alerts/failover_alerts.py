"""Alerts on failover tests, which the runbook asks for every month: overdue, failed, or never done.

People record a test with 'payment-service failover-test' beside the backups. Of several exporters that read the report,
the highest figure counts, so that one with an old copy of the directory raises no alarm.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario, outlined
from payment_alerts.scenario_series import Target, absent, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import backup, failover
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: "Monthly failover test procedure", in the longest month.
TEST_INTERVAL = timedelta(days=31)
#: The same weekday a month later can be four days further on, and maintenance windows move by a few more.
TEST_SLACK = timedelta(days=7)
#: Between two evaluations; nothing here changes within minutes.
INTERVAL = timedelta(minutes=3)

_MINUTE = timedelta(minutes=1)


def failover_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on failover tests."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-failover",
        "failover.yaml",
        (failover_test_failed(job, target), failover_test_overdue(job, target), failover_never_tested(job, target)),
        interval=INTERVAL,
        dashboard=Dashboard.BACKUP,
    )


def failover_test_failed(job: str, target: Target) -> Alert:
    """The last failover test failed."""
    success = failover.LAST_SUCCESS
    at = timedelta(minutes=30)
    minutes = at // _MINUTE

    def ended(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(success.name, values),)

    return Alert(
        name="FailoverTestFailed",
        # No series: no test was ever recorded, which FailoverNeverTested says.
        expr=f"max by ({JOB}) ({success}{{{job}}}) == 0",
        # A test that failed stays failed: this only lets every exporter read the report.
        pending=timedelta(minutes=6),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The last failover test failed",
        description="The last failover test in {{ $labels.environment }} was recorded as failed; "
        "failover-test.report.json beside the backups has the note.",
        meaning="After the controlled failover the service did not work as it should.",
        impact="None yet; in an outage nobody could rely on the failover.",
        scenarios=(
            Scenario("it failed", ended(steady(0, minutes)), timedelta(minutes=6), (target.job_labels,)),
            Scenario("it failed after a good one", ended(then(steady(1, 20), steady(0, 9))), at, (target.job_labels,)),
            Scenario(
                "the exporter restarts meanwhile",
                ended(then(steady(0, 12), absent(6), steady(0, 12))),
                at,
                (target.job_labels,),
            ),
            Scenario("it has failed just now", ended(then(steady(1, 26), steady(0, 9))), at),
            Scenario("it passed", ended(steady(1, minutes)), at),
            Scenario("it was repeated and passed", ended(then(steady(0, 20), steady(1, 9))), at),
            Scenario(
                "one of two exporters has an old copy of the directory",
                (*ended(steady(1, minutes)), *ended(steady(0, minutes), by=target.second)),
                at,
            ),
            Scenario("no test was ever recorded", (), at),
        ),
    )


def failover_test_overdue(job: str, target: Target) -> Alert:
    """No failover test has passed for longer than a month."""
    limit = TEST_INTERVAL + TEST_SLACK
    passed = failover.LAST_SUCCESS_TIMESTAMP
    pending = timedelta(hours=1)
    at = timedelta(hours=2)

    def ago(age: timedelta, by: Target = target) -> tuple[InputSeries, ...]:
        """Return when the last test passed, which is ``age`` ago at the time of the check."""
        return (by.series(passed.name, steady((at - age).total_seconds(), at // _MINUTE)),)

    return Alert(
        name="FailoverTestOverdue",
        # No series: none has passed yet, which FailoverNeverTested or FailoverTestFailed says.
        expr=f"time() - max by ({JOB}) ({passed}{{{job}}}) > {number(limit.total_seconds())}",
        # A test that is under way is recorded when it has ended.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The monthly failover test is overdue",
        description="In {{ $labels.environment }} the last failover test passed {{ $value | humanizeDuration }} ago; "
        "it is due every month, and recorded with 'payment-service failover-test'.",
        meaning="Nobody has tested for more than a month whether a failover works, or the test was not recorded.",
        impact="None yet; whether the service would survive the loss of its place is not known.",
        scenarios=(
            Scenario("two months ago", ago(timedelta(days=61)), at, (target.job_labels,)),
            Scenario("two hours too long ago", ago(limit + timedelta(hours=2)), at, (target.job_labels,)),
            Scenario("overdue for as long as it takes", ago(limit + pending + INTERVAL), at, (target.job_labels,)),
            Scenario(
                "too long ago, and for one of two exporters even longer",
                (*ago(limit + timedelta(hours=2)), *ago(timedelta(days=90), by=target.second)),
                at,
                (target.job_labels,),
            ),
            Scenario("overdue a little less long", ago(limit + pending), at),
            Scenario("two hours to go", ago(limit - timedelta(hours=2)), at),
            Scenario("last week", ago(timedelta(days=7)), at),
            Scenario(
                "one of two exporters has an old copy of the directory",
                (*ago(timedelta(days=7)), *ago(timedelta(days=90), by=target.second)),
                at,
            ),
            Scenario("none has passed yet", (), at),
        ),
    )


def failover_never_tested(job: str, target: Target) -> Alert:
    """The exporter reads the reports, and there is none of a failover test."""
    pending = timedelta(days=1)
    at = pending + timedelta(hours=1)
    minutes = at // _MINUTE

    def seen(*recorded: str, by: Target = target, backups: int = 0) -> tuple[InputSeries, ...]:
        return (
            by.series(backup.FILES.name, steady(backups, minutes)),
            *(by.series(failover.LAST_TIMESTAMP.name, values) for values in recorded),
        )

    return Alert(
        name="FailoverNeverTested",
        # Here absence is the finding; that the exporter looks into the directory is known by its count of backups.
        expr=f"group by ({JOB}) ({backup.FILES}{{{job}}}) unless group by ({JOB}) ({failover.LAST_TIMESTAMP}{{{job}}})",
        # A new installation is not tested on its first day.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="No failover test was ever recorded",
        description="The exporter of {{ $labels.environment }} finds no report of 'payment-service failover-test' "
        "beside the backups.",
        meaning="No failover was ever tested, the test was not recorded, or its report cannot be read.",
        impact="None yet; whether the service would survive the loss of its place is not known.",
        scenarios=outlined(
            INTERVAL,
            Scenario("never", seen(), at, (target.job_labels,)),
            Scenario(
                "never, for two exporters with backups",
                (*seen(backups=96), *seen(by=target.second, backups=97)),
                pending,
                (target.job_labels,),
            ),
            Scenario(
                "another job's test is not ours",
                (*seen(), *seen(steady(0, minutes), by=replace(target, job="other"))),
                at,
                (target.job_labels,),
            ),
            Scenario("tested long ago is FailoverTestOverdue's matter", seen(steady(0, minutes)), at),
            Scenario("tested after twelve hours", seen(then(absent(720), steady(43_200, minutes))), at),
            Scenario("one of two exporters has not read it", (*seen(), *seen(steady(0, 1600), by=target.second)), at),
            Scenario("not for long enough", seen(), pending - INTERVAL),
            Scenario("no exporter", (), timedelta(minutes=30)),
        ),
    )
