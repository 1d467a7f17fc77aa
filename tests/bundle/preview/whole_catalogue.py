"""A Prometheus that remembers everything that the catalogue declares: a small world in which some things go wrong.

Two instances of the service and one of everything else, that have every closed value of every label (of the HTTP
methods those of the routes). Only what a dashboard reads is written, as far back as a dashboard looks, and the less
densely the older it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from bundle.preview.courses import DAY, END, HOUR, MINUTE, NOW, Course, rising
from bundle.preview.firing_alerts import alert_series
from bundle.preview.likely_values import bucket_course, course_of, recorded_course

from payment_alerts.groups import alert_groups, recordings
from payment_alerts.scenario_series import Target, alertmanager_target, prometheus_target
from payment_bundle.preview.documents import dashboards_of
from payment_bundle.preview.timerange import parse_range
from payment_catalog.durations import parse_duration
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE, UP
from payment_catalog.fluentd_metrics import ARCHIVE_OUTPUT, FLUENTD, FLUENTD_JOB, SEARCH_OUTPUT
from payment_catalog.kubernetes_metrics import CADVISOR, CRASH_LOOP, KUBE_STATE_METRICS, OUT_OF_MEMORY, PROGRESSING
from payment_catalog.log_archive import job_name
from payment_catalog.metric import Metric, MetricType
from payment_catalog.prometheus_metrics import ALERTMANAGER, PROMETHEUS, SCRAPE_DURATION
from payment_catalog.promql import TARGET_LABELS, analyse, quote
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.catalog import Catalog
    from payment_catalog.promql import Labels

#: How far apart samples are, up to which age.
DENSITY = ((2 * HOUR, 15), (28 * HOUR, 120), (8 * DAY, 600))

#: Values of the labels that have no closed set; what is not named here has one.
OPEN = {
    "code": ("200", "201", "302", "404", "500"),
    "version": ("1.4.0", "1.4.1"),
    "mountpoint": ("/", "/backups"),
    "rule_group": ("/etc/prometheus/rules/api.yaml;payment-api", "/etc/prometheus/rules/logs.yaml;payment-logs"),
    "integration": ("pagerduty", "slack", "email"),
    "deployment": (SERVICE, EXPORTER),
    "resourcequota": ("compute",),
    "cronjob": (job_name(Settings()),),
    "resource": ("limits.memory", "requests.memory"),
    "path": ("/var/log/containers/payment-service.log",),
    "condition": (PROGRESSING,),
    "reason": (CRASH_LOOP, OUT_OF_MEMORY),
    "week": ("1", "2", "3"),
}
#: Values that only stand together.
TOGETHER = (
    ({"route": "/payments", "method": "POST"}, {"route": "/payments/{payment_id}", "method": "GET"}),
    (
        {"target": "payment-service-0:8080", "endpoint": "health"},
        {"target": "payment-service-0:8080", "endpoint": "ready"},
        {"target": "api.fiuu.com", "endpoint": "gateway"},
    ),
    ({"plugin_id": SEARCH_OUTPUT, "type": "elasticsearch"}, {"plugin_id": ARCHIVE_OUTPUT, "type": "s3"}),
    tuple(
        {
            "pod": f"{SERVICE}-{number}",
            "container": SERVICE,
            "uid": f"u{number}",
            "id": f"/{number}",
            "name": f"n{number}",
        }
        for number in range(2)
    ),
)
Series = tuple[str, Mapping[str, str], Course]


def write(catalog: Catalog, file: Path) -> None:
    """Write everything as OpenMetrics."""
    reach = read_by_dashboards(catalog)
    with file.open("w", encoding="utf-8") as lines:
        for name, labels, course in every_series(catalog, reach):
            if name in reach:
                inside = ",".join(f"{label}={quote(value)}" for label, value in labels.items())
                lines.writelines(
                    f"{name}{{{inside}}} {value} {at}\n"
                    for at in moments(reach[name])
                    if (value := course(at)) is not None
                )
        lines.write("# EOF\n")


def read_by_dashboards(catalog: Catalog) -> dict[str, float]:
    """Return each series name that a dashboard reads, with how many seconds it looks back."""
    reach: dict[str, float] = {}
    for dashboard in dashboards_of(catalog).values():
        span = parse_range(dashboard.time.from_, dashboard.time.to, NOW).seconds
        for target in (target for panel in dashboard.panels for target in panel.targets):
            expr = target.expr.replace("$__range", f"{span:.0f}s")
            for name in analyse(expr, {}).selected:
                reach[name] = max(reach.get(name, 0), span + _looks_back(expr))
    return reach


def _looks_back(expr: str) -> float:
    """Return the longest range and the longest offset, together; Grafana's own windows are short."""
    ranges = re.findall(r"\[(\d\w*)", expr)
    offsets = re.findall(r"offset (\d\w*)", expr)
    return sum(max((parse_duration(text).total_seconds() for text in found), default=0) for found in (ranges, offsets))


def moments(reach: float) -> Iterator[int]:
    """Return the times of samples, the oldest first."""
    times: set[int] = set()
    for age, step in DENSITY:
        first = -(-(END - min(age, reach + 10 * MINUTE)) // step) * step
        times.update(range(int(first), int(END) + 1, step))
    return iter(sorted(times))


def every_series(catalog: Catalog, read: Collection[str]) -> Iterator[Series]:
    """Return every series that scrapes and rules make."""
    for metric in catalog.metrics:
        for target in targets(metric, catalog.settings):
            yield from _of_metric(metric, target.instance_labels)
    yield from _recorded(catalog, read)
    yield from alert_series(catalog)


def targets(metric: Metric, settings: Settings) -> tuple[Target, ...]:
    """Return what publishes ``metric``."""
    environment = next(iter(settings.environments))
    jobs = {
        SERVICE: tuple(f"payment-service-{number}:8080" for number in range(2)),
        EXPORTER: ("payment-exporter-0:9877",),
        FLUENTD: ("node-0:24231",),
        KUBE_STATE_METRICS: ("kube-state-metrics:8080",),
        CADVISOR: ("node-0:10250",),
    }
    names = {SERVICE: settings.service, EXPORTER: settings.exporter, FLUENTD: FLUENTD_JOB}
    ours = {
        publisher: tuple(
            Target(environment, settings.namespace, names.get(publisher, publisher), instance) for instance in instances
        )
        for publisher, instances in jobs.items()
    }
    watching = {PROMETHEUS: (prometheus_target(settings),), ALERTMANAGER: (alertmanager_target(settings),)}
    by_publisher = {**ours, **watching}
    if metric in {UP, SCRAPE_DURATION}:
        return tuple(target for found in by_publisher.values() for target in found)
    return by_publisher[metric.published_by]


def bounds(metric: Metric) -> tuple[str, ...]:
    """Return the values of ``le``."""
    return (*map(str, metric.buckets), "+Inf")


def label_sets(names: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Return every combination of labels, given their closed values; what has none has those of ``OPEN``."""
    left = dict(names)
    choices: list[list[dict[str, str]]] = []
    for group in TOGETHER:
        label = next(iter(group[0]))
        if label in left:
            known = [{name: value for name, value in one.items() if name in names} for one in group]
            choices.append([one for index, one in enumerate(known) if one not in known[:index]])
            left = {name: values for name, values in left.items() if name not in group[0]}
    for name, values in left.items():
        choices.append([{name: value} for value in values or OPEN.get(name, ("one",))])
    for chosen in product(*choices):
        yield {name: value for part in chosen for name, value in part.items()}


def _of_metric(metric: Metric, target: Mapping[str, str]) -> Iterator[Series]:
    for found in label_sets({label.name: label.values for label in metric.labels}):
        labels = {**target, **found}
        if metric.type is MetricType.HISTOGRAM:
            for bound in bounds(metric):
                yield metric.bucket, {**labels, "le": bound}, bucket_course(metric.name, bound, rising)
            yield f"{metric.name}_count", labels, bucket_course(metric.name, "+Inf", rising)
        elif metric not in {ALERTS, ALERTS_FOR_STATE}:
            yield metric.name, labels, course_of(metric, labels)


def _recorded(catalog: Catalog, read: Collection[str]) -> Iterator[Series]:
    rules = tuple(dict.fromkeys((*catalog.recordings, *recordings(alert_groups(catalog)))))
    declared = catalog.declared(rules)
    sources = {name: (metric,) for metric in catalog.metrics for name in metric.series_names}
    for rule in rules:
        found = (metric for name in sorted(analyse(rule.expr, declared).selected) for metric in sources.get(name, ()))
        sources[rule.record] = tuple(dict.fromkeys(found))
        if rule.record in read and ALERTS not in sources[rule.record]:
            yield from _of_rule(rule.record, declared[rule.record], sources[rule.record], catalog.settings)


def _of_rule(name: str, labels: Labels, sources: tuple[Metric, ...], settings: Settings) -> Iterator[Series]:
    known = {label.name: label.values for metric in sources for label in metric.labels}
    known |= {"le": bounds(next((metric for metric in sources if metric.buckets), sources[0]))}
    of_targets = {
        tuple((label, value) for label, value in target.instance_labels.items() if label in labels)
        for target in targets(sources[0], settings)
    }
    for target in sorted(of_targets):
        for found in label_sets({label: known.get(label, ()) for label in sorted(labels - TARGET_LABELS)}):
            yield name, {**dict(target), **found}, recorded_course(name, found)
