"""What Prometheus scrapes, as objects of kind ServiceMonitor and PodMonitor: the jobs of ``prometheus.yml``.

The operator labels targets by itself, among others with ``pod``, ``container``, ``endpoint`` and ``service``. The rules
were proven on series with the labels of ``prometheus.yml``, which are ``job``, ``environment``, ``namespace`` and
``instance``: a monitor sets those, and drops the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_alerts.kubernetes_scraping import kubernetes_job
from payment_alerts.operator.names import MONITORING_GROUP, labels
from payment_catalog.durations import format_duration
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS
from payment_catalog.kubernetes_objects import (
    EXPORTER_PORT_NAME,
    FLUENTD_PORT_NAME,
    SERVICE_PORT_NAME,
    fluentd_name,
    head,
)
from payment_catalog.monitoring import ALERTMANAGER_JOB, MONITORING, PROMETHEUS_JOB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

#: In the directory of an environment.
MONITORS_FILE = "monitors.yaml"

_OPERATORS_OWN = "container|endpoint|node|pod|service"
_POD_NAME = "__meta_kubernetes_pod_name"
#: How the operator and its Helm chart name the ports of Prometheus and of Alertmanager.
_WEB_PORTS = ("web", "http-web")
_ANYWHERE = {"any": True}


def environment_monitors(settings: Settings, environment: str) -> list[Object]:
    """Return the monitors of an environment: of service, exporter, Fluentd, kube-state-metrics and cAdvisor."""

    def service_monitor(name: str, job: str, app: str, port: str) -> Object:
        endpoint = {"port": port, **_scrape(settings, job, environment, named_by_pod=True)}
        return _monitor(settings, "ServiceMonitor", name, {"selector": _selector("app", app), "endpoints": [endpoint]})

    fluentd = {
        "selector": _selector("app", fluentd_name(settings)),
        "podMetricsEndpoints": [
            {"port": FLUENTD_PORT_NAME, **_scrape(settings, FLUENTD_JOB, environment, named_by_pod=True)}
        ],
    }
    return [
        service_monitor(settings.service, settings.service, settings.service, SERVICE_PORT_NAME),
        service_monitor(settings.exporter, settings.exporter, settings.exporter, EXPORTER_PORT_NAME),
        _monitor(settings, "PodMonitor", fluentd_name(settings), fluentd),
        _of_kubernetes(settings, environment, KUBE_STATE_METRICS, KUBE_STATE_METRICS, "http"),
        _of_kubernetes(settings, environment, CADVISOR, "kubelet", "https-metrics"),
    ]


def monitoring_monitors(settings: Settings) -> dict[str, Object]:
    """Return the monitors of Prometheus and Alertmanager, which belong to no environment, by job."""
    return {
        job: _monitor(
            settings,
            "ServiceMonitor",
            f"{settings.service}-{job}",
            {
                "namespaceSelector": _ANYWHERE,
                # The operator's own services, so labelled; those of the chart would have each target scraped twice.
                "selector": _selector(f"operated-{job}", "true"),
                "endpoints": [
                    {"port": port, **_scrape(settings, job, MONITORING, named_by_pod=True)} for port in _WEB_PORTS
                ],
            },
        )
        for job in (PROMETHEUS_JOB, ALERTMANAGER_JOB)
    }


def _of_kubernetes(settings: Settings, environment: str, job: str, app: str, port: str) -> Object:
    """Return the monitor of a program of Kubernetes, with what ``prometheus.yml`` has for its job."""
    special = {_camel(key): value for key, value in kubernetes_job(settings, job).items()}
    kept = [{_camel(key): value for key, value in each.items()} for each in special.pop("metricRelabelConfigs")]
    path = {"path": special.pop("metricsPath")} if "metricsPath" in special else {}
    reached = _with_token(special)
    endpoint = {
        "port": port,
        **path,
        **reached,
        **_scrape(settings, job, environment, named_by_pod=False),
        "metricRelabelings": kept,
    }
    return _monitor(
        settings,
        "ServiceMonitor",
        f"{settings.service}-{job}",
        {
            "namespaceSelector": _ANYWHERE,
            "selector": _selector("app.kubernetes.io/name", app),
            "endpoints": [endpoint],
        },
    )


def _with_token(special: Mapping[str, object]) -> Object:
    """Return the settings of a scrape with Prometheus' own token and authority, as a monitor writes them."""
    reached = dict(special)
    authorization, tls = reached.pop("authorization", None), reached.pop("tlsConfig", None)
    if isinstance(authorization, dict):
        reached["bearerTokenFile"] = authorization["credentials_file"]
    if isinstance(tls, dict):
        reached["tlsConfig"] = {_camel(key): value for key, value in tls.items()}
    return reached


def _scrape(settings: Settings, job: str, environment: str, *, named_by_pod: bool) -> Object:
    """Return when a target is scraped, and the labels that its series get.

    ``instance`` is the pod's name where there is one, which says more to people than its address.
    """
    own = {"job": job, "environment": environment, "namespace": settings.namespace}
    instance = {"action": "replace", "sourceLabels": [_POD_NAME], "targetLabel": "instance"}
    return {
        "interval": format_duration(settings.scraping.interval),
        "scrapeTimeout": format_duration(settings.scraping.timeout),
        "relabelings": [
            *({"action": "replace", "targetLabel": name, "replacement": value} for name, value in own.items()),
            *([instance] if named_by_pod else []),
            {"action": "labeldrop", "regex": _OPERATORS_OWN},
        ],
    }


def _monitor(settings: Settings, kind: str, name: str, spec: Object) -> Object:
    return {**head(f"{MONITORING_GROUP}/v1", kind, settings, name, labels(settings)), "spec": spec}


def _selector(label: str, value: str) -> Object:
    return {"matchLabels": {label: value}}


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)
