"""The entries of each kind, from the catalogue and the rules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from payment_alerts.groups import alert_groups
from payment_alerts.runbooks import DIRECTORY
from payment_bundle.catalog_browser.entry import Entry, Kind
from payment_catalog.catalog import build_catalog
from payment_catalog.durations import format_duration
from payment_catalog.links import dashboard_url, runbook_url
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from payment_alerts.alert import Alert, AlertGroup
    from payment_bundle.catalog_browser.entry import Facts
    from payment_bundle.catalog_browser.readers import Knowledge
    from payment_catalog.incident import Incident
    from payment_catalog.metric import Label, Metric
    from payment_catalog.signal import RecordingRule
    from payment_catalog.slos import Objective
    from payment_catalog.thresholds import Threshold

#: Base units that end a name, before ``_total``: https://prometheus.io/docs/practices/naming/#base-units
_BASE_UNITS = ("seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes", "joules", "grams")


def entries(kind: Kind, knowledge: Knowledge) -> tuple[Entry, ...]:
    """Return everything of that kind."""
    return tuple(_KINDS[kind](knowledge))


def _metrics(knowledge: Knowledge) -> Iterator[Entry]:
    by_name: dict[str, list[Metric]] = {}
    for metric in knowledge.catalog.metrics:
        by_name.setdefault(metric.name, []).append(metric)
    for name, published in by_name.items():
        first = published[0]
        publishers = ", ".join(metric.published_by for metric in published)
        yield Entry(
            name,
            {"type": first.type, "published by": publishers, "help": first.description},
            partial(_about_metric, knowledge, published),
            frozenset(first.series_names) - {name},
        )


def _about_metric(knowledge: Knowledge, published: list[Metric]) -> Facts:
    metric = published[0]
    names = metric.series_names
    return {
        "type": metric.type,
        "help": metric.description,
        "unit": unit(metric.name),
        "labels": tuple(map(_label, metric.labels)),
        "buckets": tuple(f"{bound:g}" for bound in metric.buckets),
        "series": tuple(names),
        "published_by": tuple(each.published_by for each in published),
        "library": metric.library,
        "conditional": metric.conditional,
        "recordings": knowledge.recordings_reading(names),
        "alerts": knowledge.alerts_reading(names),
        "panels": knowledge.panels_reading(names),
    }


def unit(name: str) -> str:
    """Return the base unit that a metric's name ends in; empty for counts and states."""
    last = name.removesuffix("_total").rsplit("_", 1)[-1]
    return last if last in _BASE_UNITS else ""


def _label(label: Label) -> str:
    return f"{label.name}: {', '.join(label.values) or label.bound}"


def _alerts(knowledge: Knowledge) -> Iterator[Entry]:
    for group in knowledge.groups:
        for alert in group.alerts:
            columns = {
                "severity": "by the series" if "severity" in alert.from_series else alert.severity.value,
                "priority": "by the series" if "priority" in alert.from_series else alert.priority.value,
                "team": alert.team.value,
                "summary": alert.summary,
            }
            yield Entry(alert.name, columns, partial(_about_alert, knowledge, group, alert))


def _about_alert(knowledge: Knowledge, group: AlertGroup, alert: Alert) -> Facts:
    settings = knowledge.catalog.settings
    labels = alert.labels(knowledge.catalog)
    return {
        "expr": alert.expr,
        "for": format_duration(alert.pending),
        "keep_firing_for": format_duration(alert.keep_firing) if alert.keep_firing else "",
        "severity": labels.get("severity", ""),
        "priority": labels.get("priority", ""),
        "team": labels.get("team", ""),
        "incident": labels.get("incident", ""),
        "summary": alert.summary,
        "description": alert.description,
        "meaning": alert.meaning,
        "impact": alert.impact,
        "group": group.name,
        "file": f"prometheus/rules/{group.file}",
        "runbook": f"{DIRECTORY}/{alert.name}.md",
        "runbook_url": runbook_url(settings, alert.name),
        "dashboard_url": dashboard_url(settings, group.dashboard),
        "panels": knowledge.panels_of(alert.name),
    }


def _recordings(knowledge: Knowledge) -> Iterator[Entry]:
    for rule, group in knowledge.recordings.items():
        facts = partial(_about_recording, knowledge, rule, group)
        yield Entry(rule.record, {"group": group.name, "expr": rule.expr}, facts)


def _about_recording(knowledge: Knowledge, rule: RecordingRule, group: AlertGroup) -> Facts:
    return {
        "expr": rule.expr,
        "group": group.name,
        "file": f"prometheus/rules/{group.file}",
        "recordings": knowledge.recordings_reading((rule.record,)),
        "alerts": knowledge.alerts_reading((rule.record,)),
        "panels": knowledge.panels_reading((rule.record,)),
    }


def _slos(knowledge: Knowledge) -> Iterator[Entry]:
    for objective in knowledge.catalog.objectives:
        columns = {
            "target": f"{objective.target:.6g}",
            "window": format_duration(objective.window),
            "title": objective.title,
        }
        yield Entry(objective.key, columns, partial(_about_slo, knowledge, objective))


def _about_slo(knowledge: Knowledge, objective: Objective) -> Facts:
    recorded = tuple(rule.record for rule in knowledge.recordings if rule.record.startswith(f"job:slo_{objective.key}"))
    return {
        "title": objective.title,
        "description": objective.description,
        "target": objective.target,
        "error_budget": float(f"{objective.error_budget:.6g}"),
        "window": format_duration(objective.window),
        "events": objective.events,
        "counted": objective.counted,
        "counted_are": objective.outcome,
        "recordings": recorded,
        "alerts": knowledge.alerts_reading(recorded),
        "panels": knowledge.panels_reading(recorded),
    }


def _incidents(knowledge: Knowledge) -> Iterator[Entry]:
    for incident in knowledge.catalog.incidents.values():
        columns = {"team": incident.team.value, "title": incident.title}
        yield Entry(str(incident.key), columns, partial(_about_incident, knowledge, incident))


def _about_incident(knowledge: Knowledge, incident: Incident) -> Facts:
    return {
        "title": incident.title,
        "team": incident.team.value,
        "symptoms": incident.symptoms,
        "diagnosis": tuple(f"{command.purpose}: {command.shell}" for command in incident.diagnosis),
        "causes": tuple(cause.title for cause in incident.causes),
        "alerts": tuple(
            alert.name
            for alert in knowledge.alerts
            if alert.incident == incident.key and "incident" not in alert.from_series
        ),
    }


def _thresholds(knowledge: Knowledge) -> Iterator[Entry]:
    for key, usual in THRESHOLDS.items():
        threshold = knowledge.catalog.settings.threshold(key)
        columns = {
            "warning": _level(threshold.warning),
            "critical": _level(threshold.critical),
            "unit": threshold.unit.value,
            "title": threshold.title,
        }
        yield Entry(key.value, columns, partial(_about_threshold, knowledge, threshold, usual))


def _about_threshold(knowledge: Knowledge, threshold: Threshold, usual: Threshold) -> Facts:
    return {
        "title": threshold.title,
        "unit": threshold.unit.value,
        "bad": threshold.bad.value,
        "warning": threshold.warning,
        "critical": threshold.critical,
        "usual_warning": usual.warning,
        "usual_critical": usual.critical,
        "minimum": threshold.minimum,
        "maximum": threshold.maximum,
        "source": threshold.source,
        "alerts": _depending_on(knowledge, threshold),
    }


def _depending_on(knowledge: Knowledge, threshold: Threshold) -> tuple[str, ...]:
    """Return the alerts that change when the limit does: both levels are moved by a hundredth, and it is looked."""
    levels = {"warning": threshold.warning, "critical": threshold.critical}
    end = threshold.minimum if threshold.maximum in levels.values() else threshold.maximum
    moved = {name: None if value is None else value + (end - value) / 100 for name, value in levels.items()}
    settings = knowledge.catalog.settings
    thresholds = {**settings.thresholds, threshold.key: Levels(**moved)}
    changed = alert_groups(build_catalog(settings.model_copy(update={"thresholds": thresholds})))
    expressions = {alert.name: alert.expr for group in changed for alert in group.alerts}
    return tuple(alert.name for alert in knowledge.alerts if expressions.get(alert.name) != alert.expr)


def _level(value: float | None) -> str:
    return "off" if value is None else f"{value:g}"


_KINDS: Mapping[Kind, Callable[[Knowledge], Iterator[Entry]]] = {
    Kind.METRICS: _metrics,
    Kind.ALERTS: _alerts,
    Kind.SLOS: _slos,
    Kind.INCIDENTS: _incidents,
    Kind.RECORDINGS: _recordings,
    Kind.THRESHOLDS: _thresholds,
}
