"""Files by which Grafana finds its data sources and the dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.grafana_names import folder_title, folder_uid, source_name, uid_prefix
from payment_catalog.links import data_view_state
from payment_catalog.log_streams import data_streams
from payment_catalog.own_names import RUNBOOKS_SERVICE

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

#: Where the generated dashboards stand below the output directory.
DASHBOARDS = "grafana/dashboards/"
#: What Grafana has a directory of dashboards for.
_MOUNTED = "/var/lib/grafana/dashboards"


def provisioning(catalog: Catalog) -> Documents:
    """Return the data sources and the dashboard provider."""
    settings, prefix = catalog.settings, uid_prefix(catalog.settings)
    provider = {
        "apiVersion": 1,
        "providers": [
            {
                "name": folder_uid(settings),
                "folder": folder_title(settings),
                "folderUid": folder_uid(settings),
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {
                    "path": _MOUNTED if settings.service == RUNBOOKS_SERVICE else f"{_MOUNTED}/{settings.service}"
                },
            }
        ],
    }
    return {
        f"grafana/provisioning/datasources/{prefix}.yaml": YamlDocument(data_sources(settings), __name__),
        f"grafana/provisioning/dashboards/{prefix}.yaml": YamlDocument(provider, __name__),
    }


def data_sources(settings: Settings) -> dict[str, Any]:
    """Return Grafana's description of Prometheus, Alertmanager and the logs.

    None is the default, because Grafana does not start with two defaults, and an installation may have one.
    """
    return {"apiVersion": 1, "datasources": [_prometheus(settings), _alertmanager(settings), _logs(settings)]}


def _prometheus(settings: Settings) -> dict[str, Any]:
    return {
        **_source(settings, "Prometheus", "prometheus", settings.urls.prometheus),
        "jsonData": {
            "httpMethod": "POST",
            "prometheusType": "Prometheus",
            # What $__rate_interval is computed from: four of these at least.
            "timeInterval": format_duration(settings.scraping.interval),
            "manageAlerts": True,
            "alertmanagerUid": _source_uid(settings, "Alertmanager"),
            "exemplarTraceIdDestinations": [
                {"name": "trace_id", "url": _trace_url(settings), "urlDisplayLabel": "Log lines of this trace"}
            ],
        },
    }


def _alertmanager(settings: Settings) -> dict[str, Any]:
    return {
        **_source(settings, "Alertmanager", "alertmanager", settings.urls.alertmanager),
        "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
    }


def _logs(settings: Settings) -> dict[str, Any]:
    index = data_streams(settings)
    return {
        **_source(settings, "logs", "elasticsearch", settings.logs.elasticsearch[0]),
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


def _source(settings: Settings, what: str, kind: str, url: str) -> dict[str, Any]:
    return {
        "name": source_name(settings, what),
        "uid": _source_uid(settings, what),
        "type": kind,
        "access": "proxy",
        "url": url,
        "isDefault": False,
        "editable": False,
    }


def _source_uid(settings: Settings, what: str) -> str:
    """Return a uid: not "prometheus", as kube-prometheus-stack calls its own; of two with one uid the last is kept."""
    return f"{uid_prefix(settings)}-{what.lower()}"


def _trace_url(settings: Settings) -> str:
    """Return Kibana's address of a trace's log lines; of two dollars Grafana's provisioning leaves one."""
    query = "query:(language:kuery,query:'trace_id:%22$${__value.raw}%22')"
    return f"{settings.urls.kibana}/app/discover#/?_a=({data_view_state(settings)},{query})"
