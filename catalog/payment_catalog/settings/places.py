"""Where the service runs, and where people find what belongs to it."""

from __future__ import annotations

from pydantic import Field, field_validator

from payment_catalog.settings.section import Section
from payment_catalog.settings.texts import Target, Url


class Urls(Section):
    """Addresses that people and alerts link to."""

    service: Url = "https://payments.yourdomain.com"
    """Public address of the payment service."""
    grafana: Url = "https://grafana.yourdomain.com"
    """Grafana, without a path."""
    prometheus: Url = "https://prometheus.yourdomain.com"
    """Prometheus, as a browser reaches it."""
    alertmanager: Url = "https://alertmanager.yourdomain.com"
    """Alertmanager, as a browser reaches it."""
    kibana: Url = "https://kibana.yourdomain.com"
    """Kibana, without a path."""
    runbooks: Url = "https://runbooks.yourdomain.com/payment-service"
    """Where the generated pages ``runbooks/<Alert>.md`` are published."""

    @field_validator("*")
    @classmethod
    def _without_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")


class Environment(Section):
    """One place where the service runs, and what Prometheus scrapes there."""

    service: tuple[Target, ...] = Field(min_length=1)
    """``host:port`` of each payment service."""
    exporter: tuple[Target, ...] = Field(min_length=1)
    """``host:port`` of each payment exporter."""
    kube_state_metrics: tuple[Target, ...] = ()
    """``host:port`` of kube-state-metrics; without one, no alert on pods, roll-outs and quotas ever fires."""
    kubelet: tuple[Target, ...] = ()
    """``host:port`` of the kubelet of each node, port 10250, for cAdvisor; without one, no alert on containers' limits
    fires."""
    fluentd: tuple[Target, ...] = ()
    """``host:port`` of Fluentd's metrics on each node (port 24231); without one, no alert on the log pipeline fires."""
    page: bool = True
    """Whether alerts of this environment wake somebody; if not, they go where P3 goes."""
