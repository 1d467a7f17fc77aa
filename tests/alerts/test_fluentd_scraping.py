"""Prometheus scrapes Fluentd where the settings have it, under the name that the alerts ask for."""

from __future__ import annotations

from typing import Any

from payment_alerts.prometheus import prometheus
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.settings import Settings
from payment_catalog.settings.places import Environment


def jobs(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    (document,) = prometheus(build_catalog(settings)).values()
    assert isinstance(document, YamlDocument)
    return {job["job_name"]: job["static_configs"] for job in document.content["scrape_configs"]}  # type: ignore[index]


def test_without_a_target_there_is_no_job() -> None:
    assert FLUENTD_JOB not in jobs(Settings())


def test_each_environment_with_targets_is_scraped() -> None:
    settings = Settings(
        environments={
            "production": Environment(service=("a:1",), exporter=("b:1",), fluentd=("node-1:24231", "node-2:24231")),
            "staging": Environment(service=("c:1",), exporter=("d:1",)),
        }
    )
    assert jobs(settings)[FLUENTD_JOB] == [
        {
            "targets": ["node-1:24231", "node-2:24231"],
            "labels": {"environment": "production", "namespace": settings.namespace},
        }
    ]
