"""Prometheus' own configuration: what it scrapes, which rules it loads, whom it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.kubernetes_scraping import kubernetes_job, kubernetes_targets
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.monitoring import ALERTMANAGER_JOB, MONITORING, PROMETHEUS_JOB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings


def prometheus(catalog: Catalog) -> Documents:
    """Return ``prometheus.yml``."""
    settings = catalog.settings
    jobs = (*_own_jobs(settings), *_kubernetes_jobs(settings), *_monitoring_jobs(settings), *_fluentd_jobs(settings))
    return _configuration(settings, ("rules/*.yaml",), jobs)


def fleet_prometheus(settings: Settings, services: Mapping[str, Settings]) -> Documents:
    """Return the ``prometheus.yml`` of ``services`` by their directories, three levels up from it.

    A scrape has a name of its own; what it finds out about a service's namespace has the label ``job`` all the same.
    """
    rules = ("rules/*.yaml", *(f"../../../{path}/prometheus/rules/*.yaml" for path in services))
    jobs = [
        *_monitoring_jobs(settings),
        *(job for service in services.values() for job in _own_jobs(service)),
        *(
            {
                **job,
                "job_name": f"{service.service}/{job['job_name']}",
                "relabel_configs": [{"target_label": "job", "replacement": job["job_name"]}],
            }
            for service in services.values()
            for job in (*_kubernetes_jobs(service), *_fluentd_jobs(service))
        ),
    ]
    return _configuration(settings, rules, jobs)


def _configuration(settings: Settings, rules: Iterable[str], jobs: Iterable[dict[str, Any]]) -> Documents:
    scraping = settings.scraping
    content = {
        "global": {
            "scrape_interval": format_duration(scraping.interval),
            "scrape_timeout": format_duration(scraping.timeout),
            "evaluation_interval": format_duration(scraping.evaluation_interval),
        },
        "rule_files": list(rules),
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(scraping.alertmanagers)}]}]},
        "scrape_configs": list(jobs),
    }
    return {"prometheus/prometheus.yml": YamlDocument(content, __name__)}


def _own_jobs(settings: Settings) -> list[dict[str, Any]]:
    places = settings.environments.items()
    return [
        _job(settings, settings.service, {name: place.service for name, place in places}),
        _job(settings, settings.exporter, {name: place.exporter for name, place in places}),
    ]


def _kubernetes_jobs(settings: Settings) -> list[dict[str, Any]]:
    return [
        {**_job(settings, job, targets), **kubernetes_job(settings, job)}
        for job, targets in kubernetes_targets(settings).items()
    ]


def _monitoring_jobs(settings: Settings) -> list[dict[str, Any]]:
    return [
        _job(settings, PROMETHEUS_JOB, {MONITORING: settings.scraping.prometheus}),
        _job(settings, ALERTMANAGER_JOB, {MONITORING: settings.scraping.alertmanagers}),
    ]


def _fluentd_jobs(settings: Settings) -> list[dict[str, Any]]:
    targets = {name: place.fluentd for name, place in settings.environments.items() if place.fluentd}
    return [_job(settings, FLUENTD_JOB, targets)] if targets else []


def _job(settings: Settings, job: str, targets: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        "job_name": job,
        "static_configs": [
            {
                "targets": list(addresses),
                "labels": {"environment": environment, "namespace": settings.namespace},
            }
            for environment, addresses in targets.items()
        ],
    }
