"""A small dashboard in which the linting finds nothing, for tests to break."""

from __future__ import annotations

from typing import Any

from payment_catalog.promql import TARGET_LABELS

FILE = "grafana/dashboards/payment-example.json"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

#: What the queries may use, as the catalogue would declare it.
DECLARED = {
    "up": TARGET_LABELS,
    "requests_total": TARGET_LABELS | {"route"},
    "job:requests:rate5m": TARGET_LABELS - {"instance"},
    "ALERTS": TARGET_LABELS | {"alertname", "alertstate"},
}

_NARROWED = 'environment=~"$environment", namespace=~"$namespace", job=~"$job"'
_NARROWED_TO_INSTANCES = f'{_NARROWED}, instance=~"$instance"'


def good_dashboard() -> dict[str, Any]:
    """Return a new copy: a heading, a graph, a stat of a recorded series and a table of alerts."""
    return {
        "uid": "payment-example",
        "title": "Payment example",
        "description": "What the example shows.",
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "schemaVersion": 39,
        "tags": ["payment", "payobs"],
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {
            "list": [
                {
                    "builtIn": 1,
                    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
                    "enable": True,
                    "hide": True,
                    "iconColor": "rgba(0, 211, 255, 1)",
                    "name": "Annotations & Alerts",
                    "type": "dashboard",
                },
                {
                    "datasource": DATASOURCE,
                    "enable": True,
                    "expr": 'ALERTS{alertstate="firing", environment=~"$environment"}',
                    "iconColor": "red",
                    "name": "Firing alerts",
                    "step": "1m",
                    "tagKeys": "severity",
                    "textFormat": "{{alertname}}",
                    "titleFormat": "{{alertname}}",
                },
            ]
        },
        "links": [
            {
                "asDropdown": False,
                "icon": "dashboard",
                "includeVars": True,
                "keepTime": True,
                "tags": [],
                "targetBlank": False,
                "title": "Example",
                "tooltip": "",
                "type": "link",
                "url": "/d/payment-example",
            }
        ],
        "templating": {"list": _variables()},
        "panels": [
            {
                "collapsed": False,
                "gridPos": {"h": 1, "w": 24, "x": 0, "y": 0},
                "id": 1,
                "panels": [],
                "title": "Is it healthy?",
                "type": "row",
            },
            _graph(),
            _stat(),
            _table(),
            {
                "gridPos": {"h": 2, "w": 24, "x": 0, "y": 17},
                "id": 5,
                "options": {"content": "See the runbook.", "mode": "markdown"},
                "title": "",
                "type": "text",
            },
        ],
    }


def _variables() -> list[dict[str, Any]]:
    narrowed: list[str] = []
    variables: list[dict[str, Any]] = [
        {"label": "Data source", "name": "datasource", "query": "prometheus", "type": "datasource"}
    ]
    for label in ("environment", "namespace", "job", "instance"):
        variables.append(
            {
                "allValue": ".+",
                "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
                "datasource": DATASOURCE,
                "includeAll": True,
                "label": label.capitalize(),
                "multi": True,
                "name": label,
                "options": [],
                "query": f"label_values(up{{{', '.join(narrowed)}}}, {label})",
                "refresh": 2,
                "sort": 1,
                "type": "query",
            }
        )
        narrowed.append(f'{label}=~"${label}"')
    return variables


def _graph() -> dict[str, Any]:
    return {
        "datasource": DATASOURCE,
        "description": "Requests of each route.",
        "fieldConfig": {
            "defaults": {
                "color": {"mode": "palette-classic"},
                "custom": {"fillOpacity": 10, "lineWidth": 2, "thresholdsStyle": {"mode": "dashed"}},
                "links": [
                    {
                        "targetBlank": True,
                        "title": "Logs",
                        "url": "https://kibana.example/app/discover?route=${__field.labels.route}&from=${__from}",
                    }
                ],
                "min": 0,
                "noValue": "no data",
                "thresholds": {
                    "mode": "absolute",
                    "steps": [{"color": "green", "value": None}, {"color": "red", "value": 100}],
                },
                "unit": "reqps",
            },
            "overrides": [
                {
                    "matcher": {"id": "byName", "options": "limit"},
                    "properties": [
                        {"id": "custom.hideFrom", "value": {"legend": True, "tooltip": True, "viz": True}},
                        {"id": "unit", "value": "short"},
                    ],
                }
            ],
        },
        "gridPos": {"h": 8, "w": 12, "x": 0, "y": 1},
        "id": 2,
        "options": {
            "legend": {"calcs": ["max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {
                "datasource": DATASOURCE,
                "exemplar": True,
                "expr": f"sum by (route) (rate(requests_total{{{_NARROWED_TO_INSTANCES}}}[$__rate_interval]))",
                "legendFormat": "{{route}}",
                "refId": "A",
            }
        ],
        "title": "Requests",
        "type": "timeseries",
    }


def _stat() -> dict[str, Any]:
    return {
        "datasource": DATASOURCE,
        "description": "Whether requests come.",
        "fieldConfig": {
            "defaults": {
                "mappings": [{"options": {"0": {"color": "red", "index": 0, "text": "none"}}, "type": "value"}],
                "noValue": "no data",
                "unit": "reqps",
            },
            "overrides": [],
        },
        "gridPos": {"h": 8, "w": 12, "x": 12, "y": 1},
        "id": 3,
        "options": {
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "auto",
        },
        "targets": [
            {
                "datasource": DATASOURCE,
                "expr": f"sum by (environment) (job:requests:rate5m{{{_NARROWED}}})",
                "legendFormat": "{{environment}}",
                "refId": "A",
            }
        ],
        "title": "Traffic",
        "type": "stat",
    }


def _table() -> dict[str, Any]:
    return {
        "datasource": DATASOURCE,
        "description": "Alerts that fire now.",
        "fieldConfig": {
            "defaults": {"custom": {"align": "auto"}, "noValue": "nothing fires", "unit": "none"},
            "overrides": [
                {
                    "matcher": {"id": "byName", "options": "alertname"},
                    "properties": [{"id": "custom.cellOptions", "value": {"type": "color-background"}}],
                }
            ],
        },
        "gridPos": {"h": 8, "w": 24, "x": 0, "y": 9},
        "id": 4,
        "options": {"showHeader": True},
        "targets": [
            {
                "datasource": DATASOURCE,
                "expr": 'ALERTS{alertstate="firing", environment=~"$environment", namespace=~"$namespace"}',
                "format": "table",
                "instant": True,
                "refId": "A",
            }
        ],
        "title": "Firing alerts",
        "transformations": [
            {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}}}
        ],
        "type": "table",
    }
