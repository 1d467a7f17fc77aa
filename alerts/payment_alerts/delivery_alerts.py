"""Alerts on the way of an alert: from Prometheus to Alertmanager, from there to the people.

While nothing is delivered these arrive nowhere either: what tells then is the dead man's switch that waits for
Watchdog, or another Prometheus. They show in Prometheus what the matter is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, Scenario
from payment_alerts.alertmanager_cluster_alerts import cluster_split, configurations_differ
from payment_alerts.scenario_series import Target, alertmanager_target, prometheus_target, rising, steady, then
from payment_alerts.still_failing import STILL, still_failing_scenarios
from payment_catalog import prometheus_metrics as metrics
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.monitoring import ALERTMANAGER_JOB, PROMETHEUS_JOB
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import INSTANCE, WINDOW

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)
_PROMETHEUS = f"job={quote(PROMETHEUS_JOB)}"
_ALERTMANAGER = f"job={quote(ALERTMANAGER_JOB)}"

#: Share of the messages of one kind, as in Alertmanager's own mixin.
FAILED_SHARE = 0.01
#: A message that failed is tried again with its group, every 5 minutes: the window holds two such times.
FAILED_WINDOW = timedelta(minutes=10)


def delivery_alerts(catalog: Catalog) -> tuple[Alert, ...]:
    """Return the alerts on delivery, in the order of the way."""
    prometheus, alertmanager = prometheus_target(catalog.settings), alertmanager_target(catalog.settings)
    return (
        no_alertmanager(prometheus),
        alerts_dropped(prometheus),
        alertmanager_not_reached(prometheus),
        messages_not_delivered(alertmanager),
        configurations_differ(alertmanager),
        cluster_split(alertmanager),
    )


def no_alertmanager(target: Target) -> Alert:
    """Prometheus knows no Alertmanager."""
    at = timedelta(minutes=9)
    minutes = at // _MINUTE
    pending = timedelta(minutes=2)

    def known(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(metrics.ALERTMANAGERS_DISCOVERED.name, values),)

    return Alert(
        name="NoAlertmanagerKnown",
        # No series: PrometheusDown's matter.
        expr=f"{metrics.ALERTMANAGERS_DISCOVERED}{{{_PROMETHEUS}}} < 1",
        # A reload or a roll-out of Alertmanager may leave none for a moment.
        pending=pending,
        severity=Severity.CRITICAL,
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.instance }} knows no Alertmanager",
        description="Prometheus {{ $labels.instance }} has {{ $value }} Alertmanagers to send alerts to.",
        meaning="Its configuration names none, or service discovery finds none.",
        impact="No alert of this Prometheus is delivered.",
        scenarios=(
            Scenario("none", known(steady(0, minutes)), at, (target.instance_labels,)),
            Scenario(
                "none for one of two",
                (*known(steady(2, minutes)), *known(steady(0, minutes), target.second)),
                at,
                (target.second.instance_labels,),
            ),
            Scenario("one", known(steady(1, minutes)), at),
            Scenario("none during a roll-out", known(then(steady(1, 1), steady(0, 3), steady(1, 8))), at),
            Scenario("not for long enough", known(steady(0, minutes)), pending - _MINUTE),
            Scenario("no Prometheus", (), at),
        ),
    )


def alerts_dropped(target: Target) -> Alert:
    """Prometheus gives alerts up."""
    name = metrics.NOTIFICATIONS_DROPPED.name

    def dropped(values: str) -> tuple[InputSeries, ...]:
        """A server that lost two messages long ago stands beside."""
        return (target.series(name, values), target.second.series(name, steady(2, 30)))

    return Alert(
        name="AlertsDropped",
        # Prometheus 3 counts for each Alertmanager in its later versions.
        expr=f"sum by ({INSTANCE}) (rate({metrics.NOTIFICATIONS_DROPPED}{{{_PROMETHEUS}}}[{WINDOW}])) > 0",
        # A restart of the only Alertmanager drops some; each is sent again while it fires.
        pending=STILL,
        severity=Severity.CRITICAL,
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.instance }} drops alerts",
        description="Prometheus {{ $labels.instance }} has been giving up {{ $value | humanize }} alerts a second.",
        meaning="No Alertmanager takes them, or their queue is full.",
        impact="Alerts do not arrive: an outage may go unnoticed.",
        scenarios=(
            *still_failing_scenarios(dropped, target.instance_labels),
            Scenario(
                "both servers, one of them for two Alertmanagers",
                (
                    target.series(name, rising(5, 20)),
                    target.second.series(name, rising(5, 20), alertmanager="http://one:9093"),
                    target.second.series(name, steady(0, 20), alertmanager="http://two:9093"),
                ),
                timedelta(minutes=17),
                (target.instance_labels, target.second.instance_labels),
            ),
        ),
    )


def alertmanager_not_reached(target: Target) -> Alert:
    """One Alertmanager does not take alerts."""
    address = {metrics.ALERTMANAGER_URL.name: "http://alertmanager:9093/api/v2/alerts"}

    def errors(values: str) -> tuple[InputSeries, ...]:
        return (target.series(metrics.NOTIFICATION_ERRORS.name, values, **address),)

    return Alert(
        name="AlertmanagerNotReached",
        # No series: no Alertmanager is known, which NoAlertmanagerKnown says.
        expr=f"rate({metrics.NOTIFICATION_ERRORS}{{{_PROMETHEUS}}}[{WINDOW}]) > 0",
        # A restart or a reschedule is over by then.
        pending=STILL,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.alertmanager }} does not take alerts",
        description="Prometheus {{ $labels.instance }} has been failing to hand alerts to {{ $labels.alertmanager }}, "
        "{{ $value | humanize }} times a second.",
        meaning="The Alertmanager is away, slow, or refuses what Prometheus sends.",
        impact="None while another Alertmanager takes them; else AlertsDropped fires as well.",
        scenarios=still_failing_scenarios(errors, {**target.instance_labels, **address}),
    )


def messages_not_delivered(target: Target) -> Alert:
    """Alertmanager cannot deliver messages of one kind."""
    at = timedelta(minutes=25)
    minutes = at // _MINUTE
    pending = timedelta(minutes=12)
    by = f"{INSTANCE}, {metrics.INTEGRATION.name}"
    window = format_duration(FAILED_WINDOW)
    slack, pager = ({metrics.INTEGRATION.name: kind} for kind in ("slack", "pagerduty"))

    def messages(failed: str, total: str, kind: dict[str, str] = slack, of: Target = target) -> tuple[InputSeries, ...]:
        return (
            of.series(metrics.MESSAGES.name, total, **kind),
            of.series(metrics.MESSAGES_FAILED.name, failed, **kind),
        )

    def share(failed: float) -> tuple[InputSeries, ...]:
        return messages(rising(1000 * failed, minutes), rising(1000, minutes))

    def rate(metric: object) -> str:
        return f"sum by ({by}) (rate({metric}{{{_ALERTMANAGER}}}[{window}]))"

    firing = ({**target.instance_labels, **slack},)
    well = messages(rising(0, minutes), rising(1000, minutes), pager)
    return Alert(
        name="MessagesNotDelivered",
        expr=f"{rate(metrics.MESSAGES_FAILED)} / ({rate(metrics.MESSAGES)} > 0) > {number(FAILED_SHARE)}",
        # Longer than the window: one message that fails is tried again with its group, and mostly arrives then.
        pending=pending,
        severity=Severity.CRITICAL,
        # P2 would go by the one way that may be the broken one.
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.instance }} cannot deliver messages by {{ $labels.integration }}",
        description="{{ $value | humanizePercentage }} of the messages that Alertmanager {{ $labels.instance }} sends "
        "by {{ $labels.integration }} were not delivered.",
        meaning="The receiver is away or refuses the key, and all retries are used up.",
        impact="People who are only told this way do not learn of alerts.",
        scenarios=(
            Scenario("all fail", (*share(1), *well), at, firing),
            Scenario("for as long as it takes", share(1), pending + 3 * _MINUTE, firing),
            Scenario("just above the limit", share(FAILED_SHARE * 1.02), at, firing),
            Scenario("just below the limit", share(FAILED_SHARE * 0.98), at),
            Scenario("all are delivered", (*share(0), *well), at),
            Scenario(
                "for one of two kinds, by one of two Alertmanagers",
                (
                    *share(0.015),
                    *well,
                    *messages(rising(0, minutes), rising(4000, minutes), of=target.second),
                    *messages(rising(15, minutes), rising(4000, minutes), pager, target.second),
                ),
                at,
                firing,
            ),
            Scenario(
                "to one of two receivers, below the limit for both together",
                (
                    target.series(metrics.MESSAGES.name, rising(500, minutes), **slack, receiver_name="p1"),
                    target.series(metrics.MESSAGES.name, rising(500, minutes), **slack, receiver_name="p2"),
                    target.series(metrics.MESSAGES_FAILED.name, rising(8, minutes), **slack, receiver_name="p1"),
                ),
                at,
            ),
            Scenario(
                "for several reasons, each below the limit",
                (
                    target.series(metrics.MESSAGES.name, rising(1000, minutes), **slack),
                    target.series(metrics.MESSAGES_FAILED.name, rising(7, minutes), **slack, reason="clientError"),
                    target.series(metrics.MESSAGES_FAILED.name, rising(6, minutes), **slack, reason="serverError"),
                ),
                at,
                firing,
            ),
            Scenario(
                "one message in eight minutes, and each fails",
                messages(
                    then(*[steady(count, 7) for count in range(1, 5)]),
                    then(*[steady(count, 7) for count in range(1, 5)]),
                ),
                at,
                firing,
            ),
            Scenario(
                "one in fifty fails, and a flood of messages is past",
                messages(rising(0.2, 30), then(rising(1000, 6), "6010+10x24")),
                timedelta(minutes=30),
                firing,
            ),
            Scenario(
                "Alertmanager is restarted meanwhile",
                messages(then("40+5x15", rising(5, 9)), then("900+5x15", rising(5, 9))),
                at,
                firing,
            ),
            Scenario(
                "one message failed",
                messages(then(steady(0, 3), steady(1, minutes)), "6+1x24"),
                timedelta(minutes=20),
            ),
            Scenario("no message is sent", messages(steady(3, minutes), steady(20, minutes)), at),
            Scenario("not for long enough", share(1), pending - _MINUTE),
            Scenario("no Alertmanager", (), at),
        ),
    )
