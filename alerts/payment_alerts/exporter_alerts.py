"""Alerts on the exporter's own operation: figures that are missing, and a configuration that it refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import operation
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_AT = timedelta(minutes=30)
_MINUTES = _AT // timedelta(minutes=1)


def exporter_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the exporter's operation."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-exporter",
        "exporter.yaml",
        (collector_fails(job, target), configuration_rejected(job, target)),
        dashboard=Dashboard.ON_CALL,
    )


def collector_fails(job: str, target: Target) -> Alert:
    """A collector has not succeeded for minutes."""
    label = operation.COLLECTOR.name

    def success(
        values: str, collector: str = ExporterCollector.POSTGRES, by: Target = target
    ) -> tuple[InputSeries, ...]:
        return (
            by.series(operation.COLLECTOR_SUCCESS.name, values, **{label: collector}),
            by.series(operation.COLLECTOR_SUCCESS.name, steady(1, _MINUTES), **{label: ExporterCollector.HOST}),
        )

    def firing(collector: str) -> tuple[dict[str, str], ...]:
        return ({**target.job_labels, label: collector},)

    return Alert(
        name="ExporterCollectorFails",
        # No series: the collector is turned off, or the exporter is away, which PaymentExporterDown says. What cannot
        # be read is mostly one thing that every exporter asks: one message for a collector, whoever fails.
        expr=f"min by ({JOB}, {label}) ({operation.COLLECTOR_SUCCESS}{{{job}}}) == 0",
        # A restart of what it reads may pass. One that succeeds now and then still brings its figures.
        pending=timedelta(minutes=10),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The exporter's collector {{ $labels.collector }} fails",
        description="The collector {{ $labels.collector }} in {{ $labels.environment }} has not succeeded for minutes: "
        "alerts on its figures are blind. The exporter's log says why.",
        meaning="What the collector reads does not answer in time, or refuses the exporter's account.",
        impact="None on payments by itself; problems that its figures would show stay unseen.",
        scenarios=(
            Scenario("it always fails", success(steady(0, _MINUTES)), _AT, firing(ExporterCollector.POSTGRES)),
            Scenario(
                "it has failed for a quarter of an hour",
                success(then(steady(1, 14), steady(0, 20)), ExporterCollector.REDIS),
                _AT,
                firing(ExporterCollector.REDIS),
            ),
            Scenario(
                "it fails for one of two exporters",
                (*success(steady(1, _MINUTES)), *success(steady(0, _MINUTES), by=target.second)),
                _AT,
                firing(ExporterCollector.POSTGRES),
            ),
            Scenario("every collector succeeds", success(steady(1, _MINUTES)), _AT),
            Scenario("it fails every other time", success(then(*["0 1"] * 20)), _AT),
            Scenario("it has failed for nine minutes", success(steady(0, _MINUTES)), timedelta(minutes=9)),
            Scenario("it recovers", success(then(steady(0, 25), steady(1, 10))), _AT),
            Scenario("no exporter", (), _AT),
        ),
    )


def configuration_rejected(job: str, target: Target) -> Alert:
    """The exporter goes on with an older configuration than its files have."""

    def reloaded(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(operation.CONFIG_RELOAD_SUCCESS.name, values),)

    return Alert(
        name="ExporterConfigurationRejected",
        # Each exporter has files of its own: no aggregation. No series: PaymentExporterDown's matter.
        expr=f"{operation.CONFIG_RELOAD_SUCCESS}{{{job}}} == 0",
        # Whoever reloads it looks at the log: a slip is corrected within minutes.
        pending=timedelta(minutes=5),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.job }} {{ $labels.instance }} has rejected its configuration",
        description="The last reload of {{ $labels.instance }} in {{ $labels.environment }} found the files unusable; "
        "its log has file, line and key.",
        meaning="The configuration was changed and is not valid: the one before it stays in force.",
        impact="None yet; after a restart the exporter would not start.",
        scenarios=(
            Scenario("rejected", reloaded(steady(0, _MINUTES)), _AT, (target.instance_labels,)),
            Scenario(
                "rejected ten minutes ago",
                reloaded(then(steady(1, 20), steady(0, 20))),
                _AT,
                (target.instance_labels,),
            ),
            Scenario("accepted", reloaded(steady(1, _MINUTES)), _AT),
            Scenario("corrected", reloaded(then(steady(0, 25), steady(1, 10))), _AT),
            Scenario("rejected four minutes ago", reloaded(steady(0, _MINUTES)), timedelta(minutes=4)),
            Scenario("no exporter", (), _AT),
        ),
    )
