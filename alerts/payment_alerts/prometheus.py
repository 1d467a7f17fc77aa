"""Prometheus' own configuration: what it scrapes, which rules it loads, whom it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.kubernetes_scraping import kubernetes_job, kubernetes_targets
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.monitoring import ALERTMANAGER_JOB, MONITORING, PROMETHEUS_JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings


def prometheus(catalog: Catalog) -> Documents:
    """Return ``prometheus.yml``."""
    settings = catalog.settings
    scraping = settings.scraping
    content = {
        "global": {
            "scrape_interval": format_duration(scraping.interval),
            "scrape_timeout": format_duration(scraping.timeout),
            "evaluation_interval": format_duration(scraping.evaluation_interval),
        },
        "rule_files": ["rules/*.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(scraping.alertmanagers)}]}]},
        "scrape_configs": [
            _job(settings, settings.service, {name: place.service for name, place in settings.environments.items()}),
            _job(settings, settings.exporter, {name: place.exporter for name, place in settings.environments.items()}),
            *(
                {**_job(settings, job, targets), **kubernetes_job(settings, job)}
                for job, targets in kubernetes_targets(settings).items()
            ),
            _job(settings, PROMETHEUS_JOB, {MONITORING: scraping.prometheus}),
            _job(settings, ALERTMANAGER_JOB, {MONITORING: scraping.alertmanagers}),
            *_fluentd_jobs(settings),
        ],
    }
    return {"prometheus/prometheus.yml": YamlDocument(content, __name__)}


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
