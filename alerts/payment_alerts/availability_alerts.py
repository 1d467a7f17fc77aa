"""Alerts on service and exporter being there at all; every other alert is blind without them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, absent, exporter_target, service_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import UP
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, service_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings

_MINUTE = timedelta(minutes=1)


def availability_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on what is scraped."""
    service, exporter = service_target(catalog.settings), exporter_target(catalog.settings)
    return AlertGroup(
        "payment-availability",
        "availability.yaml",
        (
            service_down(catalog, service),
            recovery_time_exceeded(catalog, service),
            instance_down(catalog, service),
            exporter_down(catalog, exporter),
        ),
        dashboard=Dashboard.OVERVIEW,
    )


def _all_down(settings: Settings, job: str) -> str:
    """Return an expression with a result for each environment in which no instance of ``job`` answers.

    A target that has vanished from service discovery has no ``up`` at all: that counts as down.
    """
    vanished = " or ".join(
        f"absent({UP}{{environment={quote(environment)}, namespace={quote(settings.namespace)}, job={quote(job)}}})"
        for environment in settings.environments
    )
    return f"sum by ({JOB}) ({UP}{{job={quote(job)}}}) == 0 or {vanished}"


def _down_scenarios(settings: Settings, target: Target, pending: timedelta) -> tuple[Scenario, ...]:
    soonest = -(-pending // _MINUTE) * _MINUTE
    long = soonest + timedelta(minutes=5)
    minutes = long // _MINUTE
    others = tuple(
        Target(environment, target.namespace, target.job, target.instance).series(UP.name, steady(1, minutes))
        for environment in settings.environments
        if environment != target.environment
    )
    down = target.series(UP.name, steady(0, minutes))
    restart = then(steady(1, 2), steady(0, 0), steady(1, minutes - 4))
    return (
        Scenario("every scrape fails for just as long as it takes", (down, *others), soonest, (target.job_labels,)),
        Scenario("every scrape fails, but not for long enough", (down, *others), soonest - _MINUTE),
        Scenario(
            "it vanishes from service discovery",
            (target.series(UP.name, then(steady(1, 1), absent(minutes))), *others),
            long + timedelta(minutes=5),
            (target.job_labels,),
        )
        if not others
        else Scenario("it was never there", others, long, (target.job_labels,)),
        Scenario("it answers", (target.series(UP.name, steady(1, minutes)), *others), long),
        Scenario(
            "one of two instances answers",
            (down, target.second.series(UP.name, steady(1, minutes)), *others),
            long,
        ),
        Scenario("a restart", (target.series(UP.name, restart), *others), long),
        Scenario(
            "another program is down",
            (
                target.series(UP.name, steady(1, minutes)),
                replace(target, job="another-program").series(UP.name, steady(0, minutes)),
                *others,
            ),
            long,
        ),
    )


def service_down(catalog: Catalog, target: Target) -> Alert:
    """No instance of the service answers."""
    pending = timedelta(minutes=1)
    return Alert(
        name="PaymentServiceDown",
        expr=_all_down(catalog.settings, target.job),
        # Four scrapes: a rolling update keeps one instance up, a restart of the only one may be over.
        pending=pending,
        severity=Severity.CRITICAL,
        priority=Priority.P0,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.job }} is down",
        description="No instance in {{ $labels.environment }} answers Prometheus.",
        meaning="Every scrape of the payment service fails, or it has no instance at all.",
        impact="No payment is processed.",
        scenarios=_down_scenarios(catalog.settings, target, pending),
        silent_elsewhere=False,  # the job itself is missing then
    )


def recovery_time_exceeded(catalog: Catalog, target: Target) -> Alert:
    """The outage lasts longer than the RTO."""
    pending = catalog.settings.recovery.time_objective
    return Alert(
        name="RecoveryTimeExceeded",
        expr=_all_down(catalog.settings, target.job),
        pending=pending,
        severity=Severity.CRITICAL,
        priority=Priority.P0,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary=f"{{{{ $labels.job }}}} has been down for more than {format_duration(pending)} (RTO)",
        description="No instance in {{ $labels.environment }} has answered for longer than the recovery time "
        "objective allows.",
        meaning="The outage has outlasted the recovery time objective.",
        impact="The business has agreed to bear no more than this: fail over, and tell the stakeholders.",
        scenarios=_down_scenarios(catalog.settings, target, pending),
        silent_elsewhere=False,  # the job itself is missing then
    )


def instance_down(catalog: Catalog, target: Target) -> Alert:
    """One of several instances does not answer."""
    up = f"{UP}{{{service_job(catalog.settings)}}}"
    pending = timedelta(minutes=5)
    at = timedelta(minutes=10)
    minutes = at // _MINUTE
    answers = target.second.series(UP.name, steady(1, minutes))

    def first(values: str) -> tuple[InputSeries, ...]:
        return (target.series(UP.name, values), answers)

    return Alert(
        name="PaymentServiceInstanceDown",
        expr=f"{up} == 0 and on ({JOB}) sum by ({JOB}) ({up}) > 0",
        # A rolling update and a reschedule are over by then.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.instance }} of {{ $labels.job }} is down",
        description="Prometheus gets no answer from it in {{ $labels.environment }}; other instances answer.",
        meaning="One instance of several does not answer; what it would take goes to the others.",
        impact="None yet; there is less to spare when load rises or another one fails.",
        scenarios=(
            Scenario("one of two", first(steady(0, minutes)), pending, (target.instance_labels,)),
            Scenario("both answer", first(steady(1, minutes)), at),
            Scenario(
                "all are down, which is PaymentServiceDown's matter; those of others answer",
                (
                    target.series(UP.name, steady(0, minutes)),
                    replace(target, environment="another").series(UP.name, steady(1, minutes)),
                    replace(target, namespace="another").series(UP.name, steady(1, minutes)),
                ),
                at,
            ),
            Scenario("a restart", first(then(steady(1, 2), steady(0, 1), steady(1, minutes))), at),
            Scenario("not for long enough", first(steady(0, minutes)), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )


def exporter_down(catalog: Catalog, target: Target) -> Alert:
    """No exporter answers: business, host, database and backup figures are missing."""
    pending = timedelta(minutes=5)
    return Alert(
        name="PaymentExporterDown",
        expr=_all_down(catalog.settings, target.job),
        # Nobody pays through the exporter: a restart or a reschedule may pass.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.job }} is down",
        description="No exporter in {{ $labels.environment }} answers: alerts on refunds, host, database and backups "
        "are blind.",
        meaning="Every scrape of the exporter fails, or it has no instance at all.",
        impact="None on payments; problems of host, database and backups stay unseen.",
        scenarios=_down_scenarios(catalog.settings, target, pending),
        silent_elsewhere=False,  # the job itself is missing then
    )
