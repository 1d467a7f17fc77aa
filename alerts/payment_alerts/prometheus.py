"""Prometheus' own configuration: what it scrapes, which rules it loads, whom it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.engines.sending import external_labels, remote_write, same_alerts
from payment_alerts.scraping import scrape_configs, times
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents


def prometheus(catalog: Catalog) -> Documents:
    """Return ``prometheus.yml``."""
    settings = catalog.settings
    scraping = settings.scraping
    content = {
        "global": {
            **times(settings),
            "evaluation_interval": format_duration(scraping.evaluation_interval),
            **external_labels(settings),
        },
        "rule_files": ["rules/*.yaml"],
        "alerting": {
            **same_alerts(settings),
            "alertmanagers": [{"static_configs": [{"targets": list(scraping.alertmanagers)}]}],
        },
        "scrape_configs": scrape_configs(settings),
        **remote_write(catalog, evaluates=True),
    }
    return {"prometheus/prometheus.yml": YamlDocument(content, __name__)}
