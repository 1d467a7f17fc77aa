"""What Prometheus scrapes, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.kubernetes_scraping import kubernetes_job, kubernetes_targets
from payment_catalog.durations import format_duration
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.monitoring import ALERTMANAGER_JOB, MONITORING, PROMETHEUS_JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings


def times(settings: Settings) -> dict[str, str]:
    """Return the times of ``global``."""
    return {
        "scrape_interval": format_duration(settings.scraping.interval),
        "scrape_timeout": format_duration(settings.scraping.timeout),
    }


def scrape_configs(settings: Settings) -> list[dict[str, Any]]:
    """Return the scrape job of each kind of target, with the targets of every environment."""
    return [*own_jobs(settings), *cluster_jobs(settings), *monitoring_jobs(settings)]


def own_jobs(settings: Settings) -> list[dict[str, Any]]:
    """Return the jobs of the service and its exporter."""
    places = settings.environments.items()
    return [
        _job(settings, settings.service, {name: place.service for name, place in places}),
        _job(settings, settings.exporter, {name: place.exporter for name, place in places}),
    ]


def cluster_jobs(settings: Settings) -> list[dict[str, Any]]:
    """Return the jobs of what Kubernetes and Fluentd say of the service's namespace, as far as there are any."""
    fluentd = {name: place.fluentd for name, place in settings.environments.items() if place.fluentd}
    return [
        *(
            {**_job(settings, job, targets), **kubernetes_job(settings, job)}
            for job, targets in kubernetes_targets(settings).items()
        ),
        *([_job(settings, FLUENTD_JOB, fluentd)] if fluentd else []),
    ]


def monitoring_jobs(settings: Settings) -> list[dict[str, Any]]:
    """Return the jobs of Prometheus itself and of Alertmanager."""
    return [
        _job(settings, PROMETHEUS_JOB, {MONITORING: settings.scraping.prometheus}),
        _job(settings, ALERTMANAGER_JOB, {MONITORING: settings.scraping.alertmanagers}),
    ]


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
