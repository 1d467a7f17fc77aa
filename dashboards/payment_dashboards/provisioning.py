"""Files by which Grafana finds its data sources and the dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.links import data_view_state
from payment_catalog.log_streams import data_streams

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

#: Where the generated dashboards stand below the output directory.
DASHBOARDS = "grafana/dashboards/"
#: The folder in Grafana; found by its uid, so that people may give it another title.
FOLDER, FOLDER_UID = "Payments", "payment-observability"

#: Not "prometheus": kube-prometheus-stack calls its own so, and of two with one uid Grafana keeps the last.
PROMETHEUS_UID = "payment-prometheus"
ALERTMANAGER_UID = "payment-alertmanager"
LOGS_UID = "payment-logs"


def provisioning(catalog: Catalog) -> Documents:
    """Return the data sources and the dashboard provider."""
    provider = {
        "apiVersion": 1,
        "providers": [
            {
                "name": "payment-observability",
                "folder": FOLDER,
                "folderUid": FOLDER_UID,
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {"path": "/var/lib/grafana/dashboards"},
            }
        ],
    }
    return {
        "grafana/provisioning/datasources/payment.yaml": YamlDocument(data_sources(catalog.settings), __name__),
        "grafana/provisioning/dashboards/payment.yaml": YamlDocument(provider, __name__),
    }


def data_sources(settings: Settings) -> dict[str, Any]:
    """Return Grafana's description of Prometheus, Alertmanager and the logs.

    None is the default, because Grafana does not start with two defaults, and an installation may have one.
    """
    return {"apiVersion": 1, "datasources": [_prometheus(settings), _alertmanager(settings), _logs(settings)]}


def _prometheus(settings: Settings) -> dict[str, Any]:
    return {
        **_source("Payment Prometheus", PROMETHEUS_UID, "prometheus", settings.urls.prometheus),
        "jsonData": {
            "httpMethod": "POST",
            "prometheusType": "Prometheus",
            # What $__rate_interval is computed from: four of these at least.
            "timeInterval": format_duration(settings.scraping.interval),
            "manageAlerts": True,
            "alertmanagerUid": ALERTMANAGER_UID,
            "exemplarTraceIdDestinations": [
                {"name": "trace_id", "url": _trace_url(settings), "urlDisplayLabel": "Log lines of this trace"}
            ],
        },
    }


def _alertmanager(settings: Settings) -> dict[str, Any]:
    return {
        **_source("Payment Alertmanager", ALERTMANAGER_UID, "alertmanager", settings.urls.alertmanager),
        "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
    }


def _logs(settings: Settings) -> dict[str, Any]:
    index = data_streams(settings)
    return {
        **_source("Payment logs", LOGS_UID, "elasticsearch", settings.logs.elasticsearch[0]),
        # Grafana 9 and older read the index here, newer ones below.
        "database": index,
        "basicAuth": True,
        "basicAuthUser": "$ELASTICSEARCH_USER",
        "secureJsonData": {"basicAuthPassword": "$ELASTICSEARCH_PASSWORD"},
        "jsonData": {
            "index": index,
            "timeField": "@timestamp",
            "logMessageField": "event",
            "logLevelField": "level",
        },
    }


def _source(name: str, uid: str, kind: str, url: str) -> dict[str, Any]:
    return {
        "name": name,
        "uid": uid,
        "type": kind,
        "access": "proxy",
        "url": url,
        "isDefault": False,
        "editable": False,
    }


def _trace_url(settings: Settings) -> str:
    """Return Kibana's address of a trace's log lines; of two dollars Grafana's provisioning leaves one."""
    query = "query:(language:kuery,query:'trace_id:%22$${__value.raw}%22')"
    return f"{settings.urls.kibana}/app/discover#/?_a=({data_view_state(settings)},{query})"
