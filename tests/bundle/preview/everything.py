"""A dashboard that uses every kind of panel and every field that the preview reads, over the shop of ``history``."""

from __future__ import annotations

from typing import Any

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
HERE = 'environment=~"$environment", namespace=~"$namespace"'
STEPS = [{"color": "green", "value": None}, {"color": "orange", "value": 0.005}, {"color": "red", "value": 0.01}]
STATES = [
    {
        "type": "value",
        "options": {
            "0": {"text": "closed", "color": "green", "index": 0},
            "1": {"text": "open", "color": "red", "index": 1},
            "2": {"text": "half-open", "color": "orange", "index": 2},
        },
    }
]


def target(expr: str, legend: str = "", ref: str = "A", **more: Any) -> dict[str, Any]:
    return {"expr": expr, "legendFormat": legend, "refId": ref, "datasource": SOURCE, "range": True, **more}


def table_target(expr: str, ref: str = "A") -> dict[str, Any]:
    return target(expr, ref=ref, range=False, instant=True, format="table")


def panel(
    kind: str, title: str, place: tuple[int, int, int, int], *targets: dict[str, Any], **more: Any
) -> dict[str, Any]:
    x, y, w, h = place
    return {
        "id": more.pop("id"),
        "type": kind,
        "title": title,
        "description": more.pop("description", f"What {title} is."),
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": w, "h": h},
        "targets": list(targets),
        "fieldConfig": {"defaults": more.pop("defaults", {}), "overrides": more.pop("overrides", [])},
        "options": more.pop("options", {}),
        **more,
    }


def panels() -> list[dict[str, Any]]:
    table_legend = {
        "displayMode": "table",
        "placement": "bottom",
        "calcs": ["lastNotNull", "max", "mean"],
        "showLegend": True,
    }
    return [
        panel("row", "Symptoms", (0, 0, 24, 1), id=1),
        panel(
            "stat",
            "Failing",
            (0, 1, 4, 4),
            target(f"failing_ratio{{{HERE}}}", "failing"),
            id=2,
            defaults={"unit": "percentunit", "decimals": 1, "thresholds": {"mode": "absolute", "steps": STEPS}},
            options={"colorMode": "background", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]}},
        ),
        panel(
            "stat",
            "Breaker",
            (4, 1, 4, 4),
            target(f"breaker_state{{{HERE}}}", "{{gateway}}"),
            id=3,
            defaults={"unit": "none", "mappings": STATES, "thresholds": {"steps": STEPS[:1]}},
            options={"colorMode": "value", "graphMode": "none", "textMode": "value_and_name"},
        ),
        panel(
            "stat",
            "Nothing",
            (8, 1, 4, 4),
            target(f"absent_metric{{{HERE}}}"),
            id=4,
            defaults={"unit": "s", "noValue": "nothing was measured"},
        ),
        panel(
            "bargauge",
            "Orders by route",
            (12, 1, 6, 4),
            target(
                f"sum by (route) (rate(orders_total{{{HERE}}}[$__rate_interval]))",
                "{{route}}",
                instant=True,
                range=False,
            ),
            id=5,
            defaults={"unit": "reqps", "min": 0, "max": 8, "thresholds": {"steps": [{"color": "blue", "value": None}]}},
            options={"orientation": "horizontal", "displayMode": "gradient"},
        ),
        panel(
            "text",
            "Note",
            (18, 1, 6, 4),
            id=6,
            options={
                "mode": "markdown",
                "content": "**Read** from $environment <script>alert(2)</script> [link](https://example.org/)",
            },
        ),
        panel(
            "timeseries",
            "Failing over time",
            (0, 5, 12, 8),
            target(f"failing_ratio{{{HERE}}}", "{{route}}", exemplar=True),
            id=7,
            defaults={
                "unit": "percentunit",
                "min": 0,
                "max": 0.02,
                "thresholds": {"steps": STEPS},
                "color": {"mode": "palette-classic"},
                "custom": {
                    "lineWidth": 2,
                    "fillOpacity": 10,
                    "thresholdsStyle": {"mode": "dashed"},
                    "axisLabel": "share",
                },
                "links": [
                    {
                        "title": "Logs",
                        "url": "https://kibana.example.org/?q=${__field.labels.route}&at=${__value.time}&${environment:queryparam}",
                        "targetBlank": True,
                    }
                ],
            },
            options={"legend": table_legend, "tooltip": {"mode": "multi"}},
            links=[
                {"title": "Runbook", "url": "https://runbooks.example.org/failing?from=${__from}", "targetBlank": True}
            ],
        ),
        panel(
            "timeseries",
            "Orders by route, stacked",
            (12, 5, 12, 8),
            target(f"sum by (route) (rate(orders_total{{{HERE}}}[$__rate_interval]))", "{{route}}"),
            target(f"sum (queue_bytes{{{HERE}}})", "queue", ref="B"),
            id=8,
            defaults={
                "unit": "reqps",
                "custom": {
                    "lineWidth": 1,
                    "fillOpacity": 30,
                    "stacking": {"mode": "normal", "group": "A"},
                    "spanNulls": True,
                },
            },
            overrides=[
                {
                    "matcher": {"id": "byName", "options": "queue"},
                    "properties": [
                        {"id": "unit", "value": "bytes"},
                        {"id": "color", "value": {"mode": "fixed", "fixedColor": "purple"}},
                        {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}},
                        {"id": "custom.stacking", "value": {"mode": "none"}},
                        {"id": "custom.fillOpacity", "value": 0},
                        {"id": "custom.axisPlacement", "value": "right"},
                    ],
                },
                {
                    "matcher": {"id": "byRegexp", "options": "/^.refunds$/"},
                    "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": "dark-orange"}}],
                },
            ],
            options={"legend": {"displayMode": "list", "placement": "right", "calcs": [], "showLegend": True}},
        ),
        panel("row", "Causes", (0, 13, 24, 1), id=9),
        panel(
            "table",
            "Routes",
            (0, 14, 12, 8),
            table_target(f"sum by (route) (rate(orders_total{{{HERE}}}[$__range]))"),
            table_target(f"max by (route) (failing_ratio{{{HERE}}})", "B"),
            id=10,
            defaults={"custom": {"displayMode": "auto"}, "thresholds": {"steps": STEPS}},
            overrides=[
                {"matcher": {"id": "byName", "options": "Rate"}, "properties": [{"id": "unit", "value": "reqps"}]},
                {
                    "matcher": {"id": "byName", "options": "Failing"},
                    "properties": [
                        {"id": "unit", "value": "percentunit"},
                        {"id": "decimals", "value": 2},
                        {"id": "noValue", "value": "none"},
                        {"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}},
                        {"id": "custom.width", "value": 110},
                    ],
                },
                {
                    "matcher": {"id": "byName", "options": "Route"},
                    "properties": [
                        {
                            "id": "links",
                            "value": [{"title": "Log", "url": "https://kibana.example.org/?q=${__data.fields.Route}"}],
                        }
                    ],
                },
            ],
            transformations=[
                {"id": "merge", "options": {}},
                {
                    "id": "organize",
                    "options": {
                        "excludeByName": {"Time": True},
                        "indexByName": {"route": 0, "Value #B": 1, "Value #A": 2},
                        "renameByName": {"route": "Route", "Value #A": "Rate", "Value #B": "Failing"},
                    },
                },
                {"id": "sortBy", "options": {"sort": [{"field": "Rate", "desc": True}]}},
            ],
        ),
        panel(
            "state-timeline",
            "Breakers",
            (12, 14, 12, 8),
            target(f"breaker_state_by_gateway{{{HERE}}}", "{{gateway}}"),
            id=11,
            defaults={"mappings": STATES, "thresholds": {"steps": STEPS[:1]}},
            options={
                "mergeValues": True,
                "showValue": "auto",
                "legend": {"displayMode": "list", "placement": "bottom"},
            },
        ),
        panel(
            "heatmap",
            "Latency",
            (0, 22, 12, 8),
            target(
                f"sum by (le) (increase(latency_seconds_bucket{{{HERE}}}[$__rate_interval]))",
                "{{le}}",
                format="heatmap",
            ),
            id=12,
            defaults={"unit": "s"},
            options={"color": {"scheme": "Oranges"}, "yAxis": {"unit": "s"}},
        ),
        panel(
            "table",
            "Alerts",
            (12, 22, 12, 8),
            table_target(f'last_over_time(ALERTS{{alertstate="firing", {HERE}}}[2h])'),
            id=13,
            defaults={"noValue": "no alert fires"},
            overrides=[
                {
                    "matcher": {"id": "byName", "options": "severity"},
                    "properties": [
                        {
                            "id": "mappings",
                            "value": [{"type": "value", "options": {"critical": {"text": "critical", "color": "red"}}}],
                        },
                        {"id": "custom.displayMode", "value": "color-background"},
                    ],
                }
            ],
        ),
        panel(
            "timeseries",
            "Broken",
            (0, 30, 12, 6),
            target(f"rate(orders_total{{{HERE}}})"),
            id=14,
            defaults={"unit": "ops"},
        ),
        panel(
            "timeseries",
            "Orders a minute",
            (12, 30, 12, 6),
            target(f"sum (increase(orders_total{{{HERE}}}[1m]))", "orders"),
            id=15,
            defaults={
                "unit": "locale",
                "custom": {"drawStyle": "bars", "fillOpacity": 60},
                "color": {"mode": "thresholds"},
            },
        ),
    ]


def variable(name: str, label: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "query": f"label_values(orders_total, {name})",
        "datasource": SOURCE,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
        "sort": 1,
    }


def dashboard(uid: str = "everything", *, broken: bool = True) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": uid.capitalize(),
        "description": "Every kind of panel.",
        "tags": ["payment", "payobs"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-2h", "to": "now"},
        "templating": {
            "list": [
                {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
                variable("environment", "Environment"),
                variable("namespace", "Namespace"),
                variable("route", "Route"),
            ]
        },
        "annotations": {
            "list": [
                {"builtIn": 1, "name": "Annotations & Alerts", "enable": True, "datasource": {"type": "grafana"}},
                {
                    "name": "Alerts",
                    "enable": True,
                    "datasource": SOURCE,
                    "expr": f'ALERTS{{alertstate="firing", {HERE}}}',
                    "iconColor": "red",
                    "titleFormat": "{{alertname}}",
                    "textFormat": "{{severity}}",
                    "tagKeys": "severity",
                    "step": "15s",
                },
                {
                    "name": "Starts",
                    "enable": True,
                    "datasource": SOURCE,
                    "expr": f"(time() - started_seconds{{{HERE}}} < 60) > 0",
                    "iconColor": "blue",
                    "titleFormat": "Started {{version}}",
                    "step": "60s",
                },
            ]
        },
        "links": [
            {
                "type": "dashboards",
                "title": "Dashboards",
                "tags": ["payobs"],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
            },
            {"type": "link", "title": "Alerts", "url": "https://prometheus.example.org/alerts", "targetBlank": True},
            {"type": "link", "title": "Evil", "url": "javascript:alert(3)"},
        ],
        "panels": [one for one in panels() if broken or one["title"] != "Broken"],
    }
