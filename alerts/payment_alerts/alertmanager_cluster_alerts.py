"""Alerts on Alertmanagers that should act as one: members that miss each other, configurations that differ."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, Scenario
from payment_alerts.scenario_series import Target, steady, then
from payment_catalog import prometheus_metrics as metrics
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.monitoring import ALERTMANAGER_JOB
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries

_MINUTE = timedelta(minutes=1)
_ALERTMANAGER = f"job={quote(ALERTMANAGER_JOB)}"
_AT = timedelta(minutes=25)
_MINUTES = _AT // _MINUTE
#: A roll-out changes one after the other.
_PENDING = timedelta(minutes=15)


def configurations_differ(target: Target) -> Alert:
    """Two Alertmanagers have different configurations."""
    hashes = f"{metrics.ALERTMANAGER_CONFIG_HASH}{{{_ALERTMANAGER}}}"

    def configured(first: str, second: str) -> tuple[InputSeries, ...]:
        name = metrics.ALERTMANAGER_CONFIG_HASH.name
        return (target.series(name, first), target.second.series(name, second))

    one, other = steady(184_816_797_860_636, _MINUTES), steady(184_816_797_860_637, _MINUTES)
    return Alert(
        name="AlertmanagerConfigurationsDiffer",
        expr=f"max by ({JOB}) ({hashes}) != min by ({JOB}) ({hashes})",
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="Alertmanagers of one cluster have different configurations",
        description="Not every {{ $labels.job }} has the same configuration in force; who is told depends on which one "
        "sends.",
        meaning="One of them was not reloaded, or has rejected what the others took.",
        impact="Messages may go to people who no longer are on call, or come twice.",
        scenarios=(
            Scenario("two configurations", configured(one, other), _AT, (target.job_labels,)),
            Scenario("the other way round", configured(other, one), _AT, (target.job_labels,)),
            Scenario("one configuration", configured(one, one), _AT),
            Scenario("one Alertmanager", configured(one, one)[:1], _AT),
            Scenario(
                "another environment has another one",
                (
                    configured(one, one)[0],
                    Target("elsewhere", target.namespace, target.job, target.instance).series(
                        metrics.ALERTMANAGER_CONFIG_HASH.name, other
                    ),
                    Target(target.environment, "elsewhere", target.job, target.instance).series(
                        metrics.ALERTMANAGER_CONFIG_HASH.name, other
                    ),
                ),
                _AT,
            ),
            Scenario(
                "a roll-out",
                configured(one, then(steady(184_816_797_860_637, 9), steady(184_816_797_860_636, 30))),
                _AT,
            ),
            Scenario("not for long enough", configured(one, other), _PENDING - _MINUTE),
            Scenario("no Alertmanager", (), _AT),
        ),
    )


def cluster_split(target: Target) -> Alert:
    """An Alertmanager does not find the others."""
    members = f"{metrics.CLUSTER_MEMBERS}{{{_ALERTMANAGER}}}"

    def cluster(first: str, second: str) -> tuple[InputSeries, ...]:
        name = metrics.CLUSTER_MEMBERS.name
        return (target.series(name, first), target.second.series(name, second))

    alone, together = steady(1, _MINUTES), steady(2, _MINUTES)
    return Alert(
        name="AlertmanagerClusterSplit",
        # No series: clustering is off, as it is for a single Alertmanager.
        expr=f"{members} < on ({JOB}) group_left () count by ({JOB}) ({members})",
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.instance }} does not find every other Alertmanager",
        description="Alertmanager {{ $labels.instance }} knows {{ $value }} members of its cluster, itself included; "
        "more are scraped.",
        meaning="The members cannot reach each other's cluster port, or were started without each other's address.",
        impact="Messages come more than once; a silence holds for some of the Alertmanagers only.",
        scenarios=(
            Scenario(
                "each is alone",
                cluster(alone, alone),
                _AT,
                (target.instance_labels, target.second.instance_labels),
            ),
            Scenario("one does not find the other", cluster(together, alone), _AT, (target.second.instance_labels,)),
            Scenario("both find each other", cluster(together, together), _AT),
            Scenario("one that left is still known", cluster(steady(3, _MINUTES), together), _AT),
            Scenario(
                "each has a cluster of its own elsewhere",
                (
                    cluster(alone, alone)[0],
                    Target("elsewhere", target.namespace, target.job, target.instance).series(
                        metrics.CLUSTER_MEMBERS.name, alone
                    ),
                    Target(target.environment, "elsewhere", target.job, target.instance).series(
                        metrics.CLUSTER_MEMBERS.name, alone
                    ),
                ),
                _AT,
            ),
            Scenario("a roll-out", cluster(together, then(steady(1, 9), steady(2, 30))), _AT),
            Scenario("not for long enough", cluster(alone, alone), _PENDING - _MINUTE),
            Scenario("clustering is off", (), _AT),
        ),
    )
