"""Fluentd's own metrics, which Prometheus scrapes."""

from __future__ import annotations

from payment_catalog import fluentd_metrics
from payment_logging.fluentd import Section


def node_metrics() -> tuple[Section, ...]:
    """Return the sources of a Fluentd that reads files."""
    return (_server("/metrics", "/aggregated_metrics"), _source("output_monitor"), _source("tail_monitor"))


def aggregator_metrics() -> tuple[Section, ...]:
    """Return the sources of a Fluentd with several workers, each of which answers for all of them."""
    return (_server("/worker_metrics", "/metrics"), _source("output_monitor"))


def _server(path: str, aggregated_path: str) -> Section:
    return Section(
        "source",
        "",
        {
            "@type": "prometheus",
            "@id": "metrics",
            # Newer versions of the plugin would else listen on the loopback address only.
            "bind": "0.0.0.0",  # noqa: S104 - Prometheus comes from elsewhere
            "port": fluentd_metrics.FLUENTD_PORT,
            "metrics_path": path,
            "aggregated_metrics_path": aggregated_path,
        },
    )


def _source(kind: str) -> Section:
    return Section("source", "", {"@type": f"prometheus_{kind}", "@id": f"{kind.removesuffix('_monitor')}_metrics"})
