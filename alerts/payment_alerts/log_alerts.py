"""Alerts on logs reaching Elasticsearch, and on the cluster's health.

The collector is off unless somebody turns it on; without a series it is off, or it fails, which ExporterCollectorFails
says. The figures are the cluster's: of several exporters that publish them, the highest counts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, absent, exporter_target, rising, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import business, elasticsearch
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.vocabulary import ClusterStatus, Currency, LogPattern, PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: Fluentd sends within seconds and repeats within a minute: after a quarter of an hour it is no longer a retry.
NEWEST_LINE = timedelta(minutes=15)

_PAID = {
    "method": PaymentMethod.CARD.value,
    "status": PaymentStatus.SUCCEEDED.value,
    "currency": Currency.MYR.value,
}


def log_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on logs and their cluster."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-logs",
        "logs.yaml",
        (
            no_logs_arrive(job, target),
            no_log_at_all(job, target),
            elasticsearch_red(job, target),
            elasticsearch_yellow(job, target),
        ),
        dashboard=Dashboard.LOGS,
    )


def no_logs_arrive(job: str, target: Target) -> Alert:
    """Payments are made, and no line of theirs can be searched."""
    limit = NEWEST_LINE.total_seconds()
    window = format_duration(NEWEST_LINE)
    at = timedelta(hours=1)
    minutes = at // timedelta(minutes=1)

    def newest(age: timedelta, payments: str, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the time of the newest line, whose age is ``age`` at the time of the check."""
        return (
            by.series(elasticsearch.NEWEST_LOG.name, steady((at - age).total_seconds(), minutes)),
            by.series(business.PAYMENTS.name, payments, **_PAID),
        )

    def arrive(lag: timedelta) -> tuple[InputSeries, ...]:
        """Return the time of the newest line when each can be searched so long after it was written."""
        series = target.series(elasticsearch.NEWEST_LOG.name, f"{number(-lag.total_seconds())}+60x{minutes}")
        return (series, target.series(business.PAYMENTS.name, busy, **_PAID))

    busy, idle = rising(10, minutes), steady(1000, minutes)
    late = NEWEST_LINE + timedelta(minutes=10)
    return Alert(
        name="NoLogsArrive",
        # A service that nobody uses has nothing to say; one that ends a payment writes a line.
        expr=f"time() - max by ({JOB}) ({elasticsearch.NEWEST_LOG}{{{job}}}) > {number(limit)}"
        f" and max by ({JOB}) (increase({business.PAYMENTS}{{{job}}}[{window}])) > 0",
        # The first line after a quiet night is on its way.
        pending=timedelta(minutes=5),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="No logs arrive in Elasticsearch",
        description="Payments are made in {{ $labels.environment }}, and the newest line that can be searched is "
        "{{ $value | humanizeDuration }} old.",
        meaning="Fluentd does not run, cannot send, or Elasticsearch takes nothing.",
        impact="None on payments; who looks into an incident finds no logs, and buffers fill.",
        scenarios=(
            Scenario(
                "none since yesterday", newest(timedelta(days=1), busy), timedelta(minutes=7), (target.job_labels,)
            ),
            Scenario("they arrive a little too late", arrive(NEWEST_LINE * 1.05), at, (target.job_labels,)),
            Scenario(
                "a single payment ten minutes ago",
                newest(timedelta(hours=8), then(steady(1000, 50), steady(1001, 20))),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "the counter begins anew meanwhile",
                newest(late, then(rising(10, 50), rising(10, 10))),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "one of two exporters cannot read the payments",
                (*newest(late, busy), *newest(late, idle, by=target.second)),
                at,
                (target.job_labels,),
            ),
            Scenario("they arrive a little earlier", arrive(NEWEST_LINE * 0.95), at),
            Scenario("they arrive exactly that late", arrive(NEWEST_LINE), at),
            Scenario(
                "the last payment twenty minutes ago",
                newest(timedelta(hours=8), then(steady(1000, 39), steady(1001, 30))),
                at,
            ),
            Scenario("a line just now", newest(timedelta(0), busy), at),
            Scenario(
                "a line just now, which one of two exporters has not found",
                (*newest(timedelta(0), busy), *newest(timedelta(hours=8), busy, by=target.second)),
                at,
            ),
            Scenario("too old for three minutes only", newest(NEWEST_LINE + timedelta(minutes=3), busy), at),
            Scenario("nobody pays at night", newest(timedelta(hours=8), idle), at),
            Scenario(
                "the first payment after a quiet night",
                newest(timedelta(hours=8), then(steady(1000, 57), steady(1001, 5))),
                at,
            ),
            Scenario("no line has ever come, which NoLogInElasticsearch says", newest(late, busy)[1:], at),
            Scenario(
                "payments of another job",
                (*newest(timedelta(hours=8), idle), *newest(timedelta(0), busy, by=replace(target, job="other"))),
                at,
            ),
            Scenario("payments are not counted", newest(late, absent(minutes)), at),
            Scenario("no data", (), at),
        ),
    )


def no_log_at_all(job: str, target: Target) -> Alert:
    """Payments are made, and the index has no line at all."""
    window = format_duration(NEWEST_LINE)
    pending = timedelta(minutes=15)
    at = timedelta(hours=1)
    minutes = at // timedelta(minutes=1)
    lines, newest = elasticsearch.LOG_LINES, elasticsearch.NEWEST_LOG

    def searched(payments: str, *found: str, by: Target = target) -> tuple[InputSeries, ...]:
        """Return what an exporter that searches the index publishes, with the newest line where one was found."""
        return (
            *(by.series(lines.name, steady(0, minutes), **{lines.label_names[0]: pattern}) for pattern in LogPattern),
            *(by.series(newest.name, values) for values in found),
            by.series(business.PAYMENTS.name, payments, **_PAID),
        )

    busy, idle = rising(10, minutes), steady(1000, minutes)
    firing = (target.job_labels,)
    return Alert(
        name="NoLogInElasticsearch",
        # Here the absence of the newest line is the finding; that there was a search is known by its counts.
        expr=f"group by ({JOB}) ({lines}{{{job}}}) unless group by ({JOB}) ({newest}{{{job}}})"
        f" and max by ({JOB}) (increase({business.PAYMENTS}{{{job}}}[{window}])) > 0",
        # A new data stream gets its first line soon after the first payment.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="There is no log in Elasticsearch at all",
        description="Payments are made in {{ $labels.environment }}, and the index holds no line.",
        meaning="Fluentd has never sent anything, sends it to another index, or the index was deleted.",
        impact="None on payments; who looks into an incident finds no logs.",
        scenarios=(
            Scenario("payments and no line", searched(busy), at, firing),
            Scenario(
                "payments, and two exporters find no line, of which one cannot read the payments",
                (*searched(busy), *searched(idle, by=target.second)),
                at,
                firing,
            ),
            Scenario("a payment every twelve minutes", searched(then(*(f"{n}+0x11" for n in range(7)))), at, firing),
            Scenario("the counter begins anew", searched(then(rising(10, 50), rising(10, 20))), at, firing),
            Scenario("for as long as it takes", searched(busy), pending + timedelta(minutes=1), firing),
            Scenario("not for long enough", searched(busy), pending - timedelta(minutes=1)),
            Scenario("old lines are NoLogsArrive's matter", searched(busy, steady(-9e5, minutes)), at),
            Scenario("the first line has come", searched(busy, then(absent(50), steady(3000, 20))), at),
            Scenario(
                "another job's lines are not ours",
                (*searched(busy), *searched(busy, steady(0, minutes), by=replace(target, job="other"))),
                at,
                firing,
            ),
            Scenario("nobody pays", searched(idle), at),
            Scenario("a payment every half an hour", searched(then(*(f"{n}+0x29" for n in range(3)))), at),
            Scenario("the search fails, or the collector is off", searched(busy)[-1:], at),
            Scenario("no data", (), at),
        ),
    )


def _is(job: str, colour: ClusterStatus) -> str:
    status = elasticsearch.CLUSTER_STATUS
    return f"max by ({JOB}) ({status}{{{job}, {status.label_names[0]}={quote(colour)}}}) == 1"


def _colours(target: Target, *phases: tuple[ClusterStatus, int]) -> tuple[InputSeries, ...]:
    """Return the three series while the cluster has one colour after the other, each for so many minutes."""
    status = elasticsearch.CLUSTER_STATUS
    return tuple(
        target.series(
            status.name,
            then(*(steady(shown is colour, minutes - 1) for shown, minutes in phases)),
            **{status.label_names[0]: colour.value},
        )
        for colour in ClusterStatus
    )


def elasticsearch_red(job: str, target: Target) -> Alert:
    """Part of the logs can be neither read nor written."""
    at = timedelta(minutes=30)
    green, yellow, red = ClusterStatus
    return Alert(
        name="ElasticsearchRed",
        expr=_is(job, red),
        # A node that restarts comes back with its shards.
        pending=timedelta(minutes=5),
        # Not critical: that level silences every warning of its incident, and logs are no reason for that.
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Elasticsearch is red",
        description="The cluster that the exporter of {{ $labels.environment }} asks lacks primary shards.",
        meaning="A node is lost or its disk is full, and with it shards that have no other copy.",
        impact="None on payments; logs in these shards cannot be searched, and new ones pile up in Fluentd's buffer.",
        scenarios=(
            Scenario("red", _colours(target, (red, 40)), timedelta(minutes=6), (target.job_labels,)),
            Scenario(
                "red for two exporters",
                (*_colours(target, (red, 40)), *_colours(target.second, (red, 40))),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "red, which one of two exporters has not read yet",
                (*_colours(target, (red, 40)), *_colours(target.second, (green, 40))),
                at,
                (target.job_labels,),
            ),
            Scenario("red for ten minutes", _colours(target, (yellow, 20), (red, 20)), at, (target.job_labels,)),
            Scenario("red for three minutes", _colours(target, (green, 28), (red, 12)), at),
            Scenario("a restart", _colours(target, (green, 20), (red, 3), (yellow, 2), (green, 20)), at),
            Scenario("yellow", _colours(target, (yellow, 40)), at),
            Scenario("green", _colours(target, (green, 40)), at),
            Scenario("the collector is off", (), at),
        ),
    )


def elasticsearch_yellow(job: str, target: Target) -> Alert:
    """Logs have lost their second copy, and it does not come back."""
    at = timedelta(hours=2)
    green, yellow, red = ClusterStatus
    return Alert(
        name="ElasticsearchYellow",
        expr=_is(job, yellow),
        # After a restart replicas are copied again, which takes long with much data. One node alone can hold no
        # replica: number_of_replicas must be 0 there.
        pending=timedelta(hours=1),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Elasticsearch has been yellow for long",
        description="The cluster that the exporter of {{ $labels.environment }} asks has lacked replicas for an hour.",
        meaning="A node is lost, a disk is nearly full, or an index asks for more replicas than there are nodes.",
        impact="None yet; the next node that is lost takes logs with it.",
        scenarios=(
            Scenario("yellow", _colours(target, (yellow, 130)), at, (target.job_labels,)),
            Scenario(
                "yellow for two exporters",
                (*_colours(target, (yellow, 130)), *_colours(target.second, (yellow, 130))),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "yellow, which one of two exporters has not read yet",
                (*_colours(target, (yellow, 130)), *_colours(target.second, (green, 130))),
                at,
                (target.job_labels,),
            ),
            Scenario("yellow for 80 minutes", _colours(target, (red, 40), (yellow, 90)), at, (target.job_labels,)),
            Scenario("yellow for 50 minutes", _colours(target, (green, 70), (yellow, 60)), at),
            Scenario("a restart", _colours(target, (green, 40), (yellow, 30), (green, 60)), at),
            Scenario("red is ElasticsearchRed's matter", _colours(target, (red, 130)), at),
            Scenario("green", _colours(target, (green, 130)), at),
            Scenario("the collector is off", (), at),
        ),
    )
