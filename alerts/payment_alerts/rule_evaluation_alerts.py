"""Alerts on rules that Prometheus cannot or can hardly evaluate, and on configurations that are not in force."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, Scenario
from payment_alerts.scenario_series import Target, alertmanager_target, prometheus_target, steady, then
from payment_alerts.still_failing import STILL, still_failing_scenarios
from payment_catalog import prometheus_metrics as metrics
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.monitoring import ALERTMANAGER_JOB, PROMETHEUS_JOB, SLOW_SHARE
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import WINDOW

if TYPE_CHECKING:
    from payment_alerts.alert import InputSeries
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)
_PROMETHEUS = f"job={quote(PROMETHEUS_JOB)}"
_ALERTMANAGER = f"job={quote(ALERTMANAGER_JOB)}"
_GROUP = {metrics.RULE_GROUP.name: "/etc/prometheus/rules/api.yaml;payment-api"}


def rule_evaluation_alerts(catalog: Catalog) -> tuple[Alert, ...]:
    """Return the alerts on rules and configurations."""
    prometheus, alertmanager = prometheus_target(catalog.settings), alertmanager_target(catalog.settings)
    return (
        evaluation_fails(prometheus),
        evaluations_missed(prometheus),
        group_slow(prometheus),
        configuration_rejected(prometheus, alertmanager),
    )


def evaluation_fails(target: Target) -> Alert:
    """Rules of a group cannot be evaluated."""

    def failures(values: str) -> tuple[InputSeries, ...]:
        return (target.series(metrics.RULE_FAILURES.name, values, **_GROUP),)

    return Alert(
        name="RuleEvaluationFails",
        # No series: Prometheus has no rules, and nothing would fire.
        expr=f"rate({metrics.RULE_FAILURES}{{{_PROMETHEUS}}}[{WINDOW}]) > 0",
        # One evaluation may run into a limit; what fails for so long is an error in a rule or in its series.
        pending=STILL,
        severity=Severity.CRITICAL,
        # Alerts that are not evaluated page nobody, whatever happens.
        priority=Priority.P1,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="Rules of {{ $labels.rule_group }} cannot be evaluated",
        description="Prometheus {{ $labels.instance }} fails to evaluate {{ $value | humanize }} rules a second of "
        "{{ $labels.rule_group }}; its page /rules says which and why.",
        meaning="A rule matches series that it cannot join, or takes more samples or time than Prometheus allows.",
        impact="The alerts of these rules do not fire, whatever happens.",
        scenarios=still_failing_scenarios(failures, {**target.instance_labels, **_GROUP}),
    )


def evaluations_missed(target: Target) -> Alert:
    """Evaluations of a group are left out."""

    def missed(values: str) -> tuple[InputSeries, ...]:
        return (target.series(metrics.RULE_ITERATIONS_MISSED.name, values, **_GROUP),)

    return Alert(
        name="RuleEvaluationsMissed",
        expr=f"rate({metrics.RULE_ITERATIONS_MISSED}{{{_PROMETHEUS}}}[{WINDOW}]) > 0",
        # A large query beside it may slow it down for a while.
        pending=STILL,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="Prometheus leaves out evaluations of {{ $labels.rule_group }}",
        description="Prometheus {{ $labels.instance }} misses {{ $value | humanize }} evaluations a second of "
        "{{ $labels.rule_group }}: each takes longer than the interval.",
        meaning="The group's rules take too long, or Prometheus is short of processor, memory or disk.",
        impact="Alerts fire late, and recorded series have gaps.",
        scenarios=still_failing_scenarios(missed, {**target.instance_labels, **_GROUP}),
    )


def group_slow(target: Target) -> Alert:
    """A group takes nearly the whole interval."""
    at = timedelta(minutes=25)
    minutes = at // _MINUTE
    interval = 15

    def takes(seconds: str, every: float = interval) -> tuple[InputSeries, ...]:
        return (
            target.series(metrics.RULE_DURATION.name, seconds, **_GROUP),
            target.series(metrics.RULE_INTERVAL.name, steady(every, 30), **_GROUP),
        )

    limit = interval * SLOW_SHARE
    firing = ({**target.instance_labels, **_GROUP},)
    return Alert(
        name="RuleGroupSlow",
        expr=f"{metrics.RULE_DURATION}{{{_PROMETHEUS}}} > {number(SLOW_SHARE)} * "
        f"{metrics.RULE_INTERVAL}{{{_PROMETHEUS}}}",
        # A large query beside it may slow it down for a while.
        pending=STILL,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.rule_group }} takes nearly its whole interval",
        description="Prometheus {{ $labels.instance }} takes {{ $value | humanizeDuration }} to evaluate "
        f"{{{{ $labels.rule_group }}}}, more than {number(SLOW_SHARE * 100)}% of the interval.",
        meaning="There are more series than the rules were made for, or Prometheus is short of processor or disk.",
        impact="None yet; soon evaluations are left out, and alerts fire late.",
        scenarios=(
            Scenario("longer than the interval", takes(steady(20, minutes)), at, firing),
            Scenario("just above the limit", takes(steady(limit * 1.02, minutes)), at, firing),
            Scenario("just above the limit, once a minute", takes(steady(49, minutes), 60), at, firing),
            Scenario("just below the limit", takes(steady(limit * 0.98, minutes)), at),
            Scenario("at the limit", takes(steady(limit, minutes)), at),
            Scenario("for as long as it takes", takes(steady(20, minutes)), STILL + 2 * _MINUTE, firing),
            Scenario("quickly", takes(steady(0.2, minutes)), at),
            Scenario("now and then", takes(then(*["0.2 20"] * 15)), at),
            Scenario("not for long enough", takes(steady(20, minutes)), STILL - _MINUTE),
            Scenario("no Prometheus", (), at),
        ),
    )


def configuration_rejected(prometheus: Target, alertmanager: Target) -> Alert:
    """Prometheus or Alertmanager goes on with an older configuration than its file has."""
    at = timedelta(minutes=9)
    minutes = at // _MINUTE
    pending = timedelta(minutes=5)

    def reloaded(by_prometheus: str, by_alertmanager: str) -> tuple[InputSeries, ...]:
        return (
            prometheus.series(metrics.CONFIG_RELOADED.name, by_prometheus),
            alertmanager.series(metrics.ALERTMANAGER_CONFIG_RELOADED.name, by_alertmanager),
        )

    good, bad = steady(1, minutes), steady(0, minutes)
    return Alert(
        name="MonitoringConfigurationRejected",
        # No series: PrometheusDown's or AlertmanagerDown's matter.
        expr=f"{metrics.CONFIG_RELOADED}{{{_PROMETHEUS}}} == 0 "
        f"or {metrics.ALERTMANAGER_CONFIG_RELOADED}{{{_ALERTMANAGER}}} == 0",
        # Whoever reloads it looks at the log: a slip is corrected within minutes.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="{{ $labels.job }} {{ $labels.instance }} has rejected its configuration",
        description="The last reload of {{ $labels.job }} {{ $labels.instance }} found its files unusable; its log has "
        "file and line. The configuration before it stays in force.",
        meaning="Rules, targets or routes were changed, and what is there now is not valid.",
        impact="Changed alerts and routes have no effect; after a restart nothing is watched or nobody is told.",
        scenarios=(
            Scenario("by both", reloaded(bad, bad), at, (prometheus.instance_labels, alertmanager.instance_labels)),
            Scenario("by Prometheus", reloaded(bad, good), at, (prometheus.instance_labels,)),
            Scenario("by Alertmanager", reloaded(good, bad), at, (alertmanager.instance_labels,)),
            Scenario("by neither", reloaded(good, good), at),
            Scenario("corrected", reloaded(then(steady(0, 7), steady(1, 8)), good), at),
            Scenario("not for long enough", reloaded(bad, bad), pending - _MINUTE),
            Scenario("neither is there", (), at),
        ),
    )
