"""Prometheus' own configuration: what it scrapes, which rules it loads, whom it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.engines.sending import external_labels, remote_write, same_alerts
from payment_alerts.scraping import cluster_jobs, monitoring_jobs, own_jobs, scrape_configs, times
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings


def prometheus(catalog: Catalog) -> Documents:
    """Return ``prometheus.yml``."""
    return _configuration(catalog, ("rules/*.yaml",), scrape_configs(catalog.settings))


def fleet_prometheus(catalog: Catalog, services: Mapping[str, Settings]) -> Documents:
    """Return the ``prometheus.yml`` of ``services`` by their directories, three levels up from it.

    A scrape has a name of its own; what it finds out about a service's namespace has the label ``job`` all the same.
    """
    rules = ("rules/*.yaml", *(f"../../../{path}/prometheus/rules/*.yaml" for path in services))
    jobs = [
        *monitoring_jobs(catalog.settings),
        *(job for service in services.values() for job in own_jobs(service)),
        *(
            {
                **job,
                "job_name": f"{service.service}/{job['job_name']}",
                "relabel_configs": [{"target_label": "job", "replacement": job["job_name"]}],
            }
            for service in services.values()
            for job in cluster_jobs(service)
        ),
    ]
    return _configuration(catalog, rules, jobs)


def _configuration(catalog: Catalog, rules: Iterable[str], jobs: Iterable[dict[str, Any]]) -> Documents:
    settings, scraping = catalog.settings, catalog.settings.scraping
    content = {
        "global": {
            **times(settings),
            "evaluation_interval": format_duration(scraping.evaluation_interval),
            **external_labels(settings),
        },
        "rule_files": list(rules),
        "alerting": {
            **same_alerts(settings),
            "alertmanagers": [{"static_configs": [{"targets": list(scraping.alertmanagers)}]}],
        },
        "scrape_configs": list(jobs),
        **remote_write(catalog, evaluates=True),
    }
    return {"prometheus/prometheus.yml": YamlDocument(content, __name__)}
