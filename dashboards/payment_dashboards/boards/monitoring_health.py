"""Panels on the monitoring itself: are people told, are rules evaluated, does everything arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import prometheus_metrics as metrics
from payment_catalog.exporter_metrics import operation
from payment_catalog.external_metrics import UP
from payment_catalog.monitoring import ALERTMANAGER_JOB, MONITORING_JOBS, PROMETHEUS_JOB, SLOW_SHARE
from payment_catalog.promql import quote
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, JOB, WINDOW, exporter_job
from payment_catalog.thresholds import Unit
from payment_dashboards import states
from payment_dashboards.colours import CRITICAL, GOOD, NEUTRAL, WARNING
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat, State
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

_PROMETHEUS = f"job={quote(PROMETHEUS_JOB)}"
_ALERTMANAGER = f"job={quote(ALERTMANAGER_JOB)}"
_CONFIGURATIONS: Mapping[float, State] = {
    0: State(word="rejected", colour=CRITICAL),
    1: State(word="in force", colour=GOOD),
    2: State(word="not the others'", colour=WARNING),
}


def delivery(kit: Kit) -> tuple[OverTime, ...]:
    """Return the panels on the way from an alert to people."""
    return messages(kit), messages_failed(kit), alerts_lost(kit)


def prometheus(kit: Kit) -> tuple[OverTime | Table, ...]:
    """Return the panels on Prometheus and Alertmanager."""
    return servers(kit), rule_groups(kit), evaluations_failed(kit), scrapes(kit), samples_lost(kit)


def exporter(kit: Kit) -> tuple[OverTime | Table | Stat, ...]:
    """Return the panels on the exporter's collectors."""
    return collectors(kit), collector_durations(kit), exporter_configuration(kit)


def messages(kit: Kit) -> OverTime:
    """Return the messages to people, by the way they go."""
    by = metrics.INTEGRATION.name

    def counted(metric: Metric, window: str) -> str:
        return f"sum by ({by}) (increase({metric}{{{_ALERTMANAGER}}}[{window}]))"

    used = f"{counted(metrics.MESSAGES, '1d')} > 0"
    return OverTime(
        title="Messages",
        description=f"Messages that Alertmanager sent in {WINDOW}, and those that failed after every retry, by each "
        "way that was used within a day.",
        queries=(
            Query(f"{counted(metrics.MESSAGES, WINDOW)} and {used}", "{{integration}}"),
            Query(f"{counted(metrics.MESSAGES_FAILED, WINDOW)} and {used}", "{{integration}} failed"),
        ),
        links=kit.runbooks("MessagesNotDelivered"),
        no_value="no message in a day",
    )


def messages_failed(kit: Kit) -> OverTime:
    """Return the share of messages that nobody got."""
    return OverTime(
        title="Messages not delivered",
        description="Share of the messages of ten minutes that were not delivered, every retry included.",
        queries=(
            Query(f"max by ({metrics.INTEGRATION.name}) ({kit.counted('MessagesNotDelivered')})", "{{integration}}"),
        ),
        unit=Unit.RATIO,
        limits=kit.limits("MessagesNotDelivered"),
        links=kit.runbooks("MessagesNotDelivered"),
        no_value="no message in this time",
    )


def alerts_lost(kit: Kit) -> OverTime:
    """Return the alerts that did not come from Prometheus to Alertmanager."""
    return OverTime(
        title="Alerts lost on the way",
        description=f"Alerts that Prometheus gave up in {WINDOW} as no Alertmanager took them, and attempts that an "
        "Alertmanager refused; the latter are made good where another one takes them.",
        queries=(
            Query(f"sum({kit.counted('AlertsDropped')})", "given up"),
            Query(f"sum({kit.counted('AlertmanagerNotReached')})", "refused"),
        ),
        colours={"given up": CRITICAL, "refused": WARNING},
        links=kit.runbooks("AlertsDropped", "AlertmanagerNotReached", "NoAlertmanagerKnown"),
    )


def servers(kit: Kit) -> Table:
    """Return every Prometheus and Alertmanager with what it goes by."""
    alertmanagers = f"{metrics.ALERTMANAGER_CONFIG_HASH}{{{_ALERTMANAGER}}}"
    differs = f"({alertmanagers} != bool on ({JOB}) group_left () max by ({JOB}) ({alertmanagers}))"
    reloaded = (
        f"{metrics.CONFIG_RELOADED}{{{_PROMETHEUS}}} or "
        f"{metrics.ALERTMANAGER_CONFIG_RELOADED}{{{_ALERTMANAGER}}} * (1 + {differs})"
    )
    known = f"{metrics.ALERTMANAGERS_DISCOVERED}{{{_PROMETHEUS}}} or {metrics.CLUSTER_MEMBERS}{{{_ALERTMANAGER}}}"
    return Table(
        title="Prometheus and Alertmanager",
        description="Whether each answers, whether its configuration is the file's and that of the others, and how "
        "many Alertmanagers it knows, of a cluster itself included.",
        queries=(
            Query(f"max by ({INSTANCE}) ({UP}{{job=~{quote('|'.join(MONITORING_JOBS))}}})"),
            Query(f"max by ({INSTANCE}) ({reloaded})"),
            Query(f"max by ({INSTANCE}) ({known})"),
        ),
        columns=(
            Column(source="job", title="Program", width=130),
            Column(source="instance", title="Instance"),
            Column(source="Value #A", title="Answers", width=90, states=states.UP),
            Column(source="Value #B", title="Configuration", width=130, states=_CONFIGURATIONS),
            Column(
                source="Value #C",
                title="Alertmanagers",
                unit=Unit.COUNT,
                width=120,
                limits=kit.limits("NoAlertmanagerKnown"),
            ),
        ),
        sort="Program",
        links=kit.runbooks(
            "PrometheusDown",
            "AlertmanagerDown",
            "MonitoringInstanceDown",
            "MonitoringConfigurationRejected",
            "NoAlertmanagerKnown",
            "AlertmanagerConfigurationsDiffer",
            "AlertmanagerClusterSplit",
        ),
        width=12,
    )


def rule_groups(kit: Kit) -> Table:
    """Return the groups of rules, the slowest first."""
    share = f"{metrics.RULE_DURATION}{{{_PROMETHEUS}}} / ({metrics.RULE_INTERVAL}{{{_PROMETHEUS}}} > 0)"
    failed, missed = (
        f"ceil(increase({metric}{{{_PROMETHEUS}}}[$__range]))"
        for metric in (metrics.RULE_FAILURES, metrics.RULE_ITERATIONS_MISSED)
    )
    return Table(
        title="Groups of rules",
        description="Share of its interval that the last evaluation of each group took, and the rules that failed and "
        "evaluations that were left out in the time range.",
        queries=(
            Query(f"max by (group) ({_by_group(share)})"),
            Query(f"sum by (group) ({_by_group(failed)})"),
            Query(f"sum by (group) ({_by_group(missed)})"),
        ),
        columns=(
            Column(source="group", title="Group"),
            Column(
                source="Value #A", title="Of interval", unit=Unit.RATIO, width=110, limits=Limits(warning=SLOW_SHARE)
            ),
            Column(source="Value #B", title="Failed", unit=Unit.COUNT, width=90, limits=Limits(critical=1)),
            Column(source="Value #C", title="Left out", unit=Unit.COUNT, width=90, limits=Limits(warning=1)),
        ),
        sort="Of interval",
        descending=True,
        links=kit.runbooks("RuleGroupSlow", "RuleEvaluationFails", "RuleEvaluationsMissed"),
        width=12,
    )


def evaluations_failed(kit: Kit) -> OverTime:
    """Return the rules that Prometheus could not evaluate, or not in time."""
    return OverTime(
        title="Rules not evaluated",
        description=f"Rules that failed and evaluations of groups that were left out in {WINDOW}. Alerts of such rules "
        "do not fire, or fire late.",
        queries=(
            Query(f"sum({kit.counted('RuleEvaluationFails')})", "failed"),
            Query(f"sum({kit.counted('RuleEvaluationsMissed')})", "left out"),
        ),
        colours={"failed": CRITICAL, "left out": WARNING},
        links=kit.runbooks("RuleEvaluationFails", "RuleEvaluationsMissed"),
    )


def scrapes(kit: Kit) -> OverTime:
    """Return how long targets take to answer."""
    return OverTime(
        title="Time that scrapes take",
        description="How long the last scrape of each target took; those of one job, the slowest. Above the line it is "
        "given up soon, and its alerts are blind.",
        queries=(Query(f"max by ({JOB}) ({kit.measured('ScrapeSlow', '').expr})", "{{job}} {{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("ScrapeSlow"),
        links=kit.runbooks("ScrapeSlow"),
    )


def samples_lost(kit: Kit) -> OverTime:
    """Return what Prometheus does not keep."""
    lost = {
        "faults of the storage": "PrometheusStorageFails",
        "scrapes over a limit": "ScrapesOverLimit",
        "samples at a wrong time": "SamplesDropped",
    }
    return OverTime(
        title="What is not kept",
        description=f"Faults of the storage, scrapes dropped because of a limit, and samples dropped because of their "
        f"time, in {WINDOW}. Alerts judge by what is left.",
        queries=tuple(Query(f"sum({kit.counted(alert)})", legend) for legend, alert in lost.items()),
        colours=dict(zip(lost, (CRITICAL, WARNING, NEUTRAL), strict=True)),
        links=kit.runbooks(*lost.values()),
    )


def collectors(kit: Kit) -> Table:
    """Return the exporter's collectors and when they last brought figures."""
    job = exporter_job(kit.settings)
    by = f"{JOB}, {operation.COLLECTOR.name}"
    return Table(
        title="Collectors of the exporter",
        description="Whether each succeeded last time with every exporter, how long it took, and when it last brought "
        "figures. Alerts on the figures of one that fails are blind.",
        queries=(
            Query(f"min by ({by}) ({operation.COLLECTOR_SUCCESS}{{{job}}})"),
            Query(f"max by ({by}) ({operation.COLLECTOR_DURATION}{{{job}}})"),
            Query(f"max by ({by}) ({operation.COLLECTOR_LAST_SUCCESS}{{{job}}}) * 1000"),
        ),
        columns=(
            Column(source="collector", title="Collector"),
            Column(source="environment", title="Environment", width=120),
            Column(source="Value #A", title="Last time", width=110, states=states.SUCCEEDED),
            Column(source="Value #B", title="Took", unit=Unit.SECONDS, width=90),
            Column(
                source="Value #C",
                title="Last success",
                unit=Unit.MILLISECONDS_SINCE_EPOCH,
                width=140,
                states={0: State(word="never", colour=CRITICAL)},
            ),
        ),
        sort="Collector",
        links=kit.runbooks("ExporterCollectorFails"),
        width=12,
    )


def collector_durations(kit: Kit) -> OverTime:
    """Return how long the collectors take."""
    duration = f"{operation.COLLECTOR_DURATION}{{{exporter_job(kit.settings)}}}"
    return OverTime(
        title="Time that collectors take",
        description="How long each collector took, with the slowest exporter. What takes longer than a scrape may is "
        "given up and fails.",
        queries=(Query(f"max by ({operation.COLLECTOR.name}) ({duration})", "{{collector}}"),),
        unit=Unit.SECONDS,
    )


def exporter_configuration(kit: Kit) -> Stat:
    """Return whether the exporter's configuration is that of its files."""
    return Stat(
        title="Configuration file",
        description="Whether the exporter goes by what its files say, or has rejected them and goes by older ones.",
        queries=(Query(f"min({operation.CONFIG_RELOAD_SUCCESS}{{{exporter_job(kit.settings)}}})"),),
        unit=Unit.STATE,
        states={value: _CONFIGURATIONS[value] for value in (1, 0)},
        links=kit.runbooks("ExporterConfigurationRejected"),
        height=8,
    )


def _by_group(expression: str) -> str:
    """Return ``expression`` with the label ``group``: the name of the group, without its file's."""
    return f'label_replace({expression}, "group", "$1", "{metrics.RULE_GROUP.name}", ".*;(.*)")'
