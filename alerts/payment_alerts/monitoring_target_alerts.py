"""Alerts on Prometheus and Alertmanager being there, and on targets that answer only just in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, Scenario
from payment_alerts.scenario_series import (
    Target,
    absent,
    alertmanager_target,
    prometheus_target,
    selector,
    service_target,
    steady,
    then,
)
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import UP
from payment_catalog.incident import IncidentKey
from payment_catalog.monitoring import MONITORING_JOBS, SLOW_SHARE
from payment_catalog.prometheus_metrics import SCRAPE_DURATION
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings

_MINUTE = timedelta(minutes=1)
_AT = timedelta(minutes=9)
_MINUTES = _AT // _MINUTE
#: A restart or a reschedule is over by then.
_PENDING = timedelta(minutes=5)


def monitoring_target_alerts(catalog: Catalog) -> tuple[Alert, ...]:
    """Return the alerts on the monitoring's own targets."""
    settings = catalog.settings
    return (
        alertmanager_down(alertmanager_target(settings)),
        prometheus_down(prometheus_target(settings)),
        monitoring_instance_down(alertmanager_target(settings)),
        scrape_slow(settings, service_target(settings)),
    )


def _all_down(target: Target) -> str:
    """Return an expression with a result where no instance of the job answers, or there is none."""
    up = f"{UP}{{job={quote(target.job)}}}"
    return f"sum by ({JOB}) ({up}) == 0 or absent({selector(UP.name, target.job_labels)})"


def _down_scenarios(target: Target) -> tuple[Scenario, ...]:
    def up(values: str) -> tuple[InputSeries, ...]:
        return (target.series(UP.name, values),)

    away = (target.job_labels,)
    answers = target.second.series(UP.name, steady(1, _MINUTES))
    elsewhere = Target("elsewhere", target.namespace, target.job, target.instance)
    beside = Target(target.environment, "elsewhere", target.job, target.instance)
    program = Target(target.environment, target.namespace, "another-program", target.instance)
    return (
        Scenario("every scrape fails", up(steady(0, _MINUTES)), _AT, away),
        Scenario(
            "it vanishes from service discovery", up(then(steady(1, 1), absent(_MINUTES))), _AT + 5 * _MINUTE, away
        ),
        Scenario(
            "those of other places answer",
            (elsewhere.series(UP.name, steady(1, _MINUTES)), beside.series(UP.name, steady(1, _MINUTES))),
            _AT,
            away,
        ),
        Scenario(
            "here it fails, in other places it answers",
            (
                *up(steady(0, _MINUTES)),
                elsewhere.series(UP.name, steady(1, _MINUTES)),
                beside.series(UP.name, steady(1, _MINUTES)),
                program.series(UP.name, steady(1, _MINUTES)),
            ),
            _AT,
            away,
        ),
        Scenario(
            "it answers, while another program is down",
            (*up(steady(1, _MINUTES)), program.series(UP.name, steady(0, _MINUTES))),
            _AT,
        ),
        Scenario("one of two answers", (*up(steady(0, _MINUTES)), answers), _AT),
        Scenario("a restart", up(then(steady(1, 2), steady(0, 2), steady(1, 10))), _AT),
        Scenario("not for long enough", up(steady(0, _MINUTES)), _PENDING - _MINUTE),
    )


def alertmanager_down(target: Target) -> Alert:
    """No Alertmanager answers."""
    return Alert(
        name="AlertmanagerDown",
        expr=_all_down(target),
        pending=_PENDING,
        severity=Severity.CRITICAL,
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="No Alertmanager answers",
        description="Every scrape of the job {{ $labels.job }} fails, or it has no target.",
        meaning="Every Alertmanager is away, or Prometheus cannot reach it.",
        impact="No alert is delivered; this one shows in Prometheus, and the dead man's switch raises the alarm.",
        scenarios=_down_scenarios(target),
        silent_elsewhere=False,  # the job itself is missing then
    )


def prometheus_down(target: Target) -> Alert:
    """No Prometheus answers the one that evaluates this."""
    return Alert(
        name="PrometheusDown",
        expr=_all_down(target),
        pending=_PENDING,
        severity=Severity.WARNING,
        # The one that sends this alert is alive.
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="Prometheus does not see itself",
        description="Every scrape of the job {{ $labels.job }} fails, or it has no target: scraping.prometheus names "
        "no address at which it answers.",
        meaning="Prometheus evaluates rules, but its own figures do not reach it.",
        impact="Failing rules, dropped alerts and a failing storage stay unnoticed.",
        scenarios=_down_scenarios(target),
        silent_elsewhere=False,  # the job itself is missing then
    )


def monitoring_instance_down(target: Target) -> Alert:
    """One of several does not answer."""
    up = f"{UP}{{job=~{quote('|'.join(MONITORING_JOBS))}}}"
    answers = target.second.series(UP.name, steady(1, _MINUTES))

    def first(values: str, place: Target = target) -> tuple[InputSeries, ...]:
        return (place.series(UP.name, values), place.second.series(UP.name, steady(1, _MINUTES)))

    others = tuple(Target(target.environment, target.namespace, job, target.instance) for job in MONITORING_JOBS)
    return Alert(
        name="MonitoringInstanceDown",
        expr=f"{up} == 0 and on ({JOB}) sum by ({JOB}) ({up}) > 0",
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.job }} {{ $labels.instance }} is down",
        description="Prometheus gets no answer from it; another one of the job {{ $labels.job }} answers.",
        meaning="One of several does not answer; the others do its work.",
        impact="None yet; when the last one fails as well, nobody is told of anything.",
        scenarios=(
            *(
                Scenario(
                    f"one of two of the job {place.job}",
                    first(steady(0, _MINUTES), place),
                    _AT,
                    (place.instance_labels,),
                )
                for place in others
            ),
            Scenario("both answer", first(steady(1, _MINUTES)), _AT),
            Scenario(
                "all are down, while others of other places and jobs answer",
                (
                    target.series(UP.name, steady(0, _MINUTES)),
                    *(
                        place.series(UP.name, steady(1, _MINUTES))
                        for place in (
                            Target("elsewhere", target.namespace, target.job, target.instance),
                            Target(target.environment, "elsewhere", target.job, target.instance),
                            others[0],
                        )
                    ),
                ),
                _AT,
            ),
            Scenario("a restart", first(then(steady(1, 2), steady(0, 2), steady(1, 10))), _AT),
            Scenario("not for long enough", (target.series(UP.name, steady(0, _MINUTES)), answers), _PENDING - _MINUTE),
            Scenario("no data", (), _AT),
        ),
    )


def scrape_slow(settings: Settings, target: Target) -> Alert:
    """A target answers only just in time."""
    limit = SLOW_SHARE * settings.scraping.timeout.total_seconds()
    jobs = (settings.service, settings.exporter, *MONITORING_JOBS)
    at = timedelta(minutes=17)
    minutes = at // _MINUTE
    pending = timedelta(minutes=10)

    def takes(values: str, job: str = target.job) -> tuple[InputSeries, ...]:
        place = Target(target.environment, target.namespace, job, target.instance)
        return (place.series(SCRAPE_DURATION.name, values),)

    return Alert(
        name="ScrapeSlow",
        # No series: nothing is scraped, which the alerts on what is down say.
        expr=f"{SCRAPE_DURATION}{{job=~{quote('|'.join(jobs))}}} > {number(limit)}",
        # Each scrape of so long a time: not one that met a backup or a large query.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.job }} {{ $labels.instance }} is scraped only just in time",
        description="A scrape of {{ $labels.instance }} in {{ $labels.environment }} takes "
        f"{{{{ $value | humanizeDuration }}}}; after {format_duration(settings.scraping.timeout)} it is given up.",
        meaning="The target is short of processor, or publishes too many series.",
        impact="None yet; when scrapes fail, its alerts are blind, and it counts as down.",
        scenarios=(
            *(
                Scenario(
                    f"the job {job} just above the limit",
                    takes(steady(limit * 1.02, minutes), job),
                    at,
                    ({**target.instance_labels, "job": job},),
                )
                for job in jobs
            ),
            Scenario("just below the limit", takes(steady(limit * 0.98, minutes)), at),
            Scenario("at the limit", takes(steady(limit, minutes)), at),
            Scenario("quickly", takes(steady(0.02, minutes)), at),
            Scenario("every other scrape", takes(then(*[f"0.02 {number(limit * 1.2)}"] * 10)), at),
            Scenario("not for long enough", takes(steady(limit * 1.02, minutes)), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )
