"""The dashboard ``payment-service``: every key metric of the runbook on one page."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from grafanalib._gen import DashboardEncoder
from grafanalib.core import Dashboard, DashboardLink, Panel, RowPanel, Template, Templating, Time

from payment_catalog.documents import JsonDocument
from payment_catalog.external_metrics import UP
from payment_catalog.links import OVERVIEW_UID
from payment_catalog.signals import Section, service_job
from payment_dashboards.layout import heading_position, positions, section_height
from payment_dashboards.panels import DATASOURCE, signal_panel

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings, Urls

#: Of Grafana 9: what newer ones read without migrating panels.
SCHEMA_VERSION = 37
_EVERYTHING = ".+"
_ON_TIME_RANGE_CHANGE = 2


def overview(catalog: Catalog) -> Documents:
    """Return the dashboard."""
    dashboard = Dashboard(
        title="Payment service",
        uid=OVERVIEW_UID,
        description="Every key metric of the payment service's runbook, with its limit.",
        tags=["payment", "payobs"],
        editable=False,
        schemaVersion=SCHEMA_VERSION,
        refresh="30s",
        time=Time("now-1h", "now"),
        timezone="browser",
        sharedCrosshair=True,
        graphTooltip=1,
        templating=Templating(list=_variables(catalog.settings)),
        links=_links(catalog.settings.urls),
        panels=list(_panels(catalog)),
    )
    return {f"grafana/dashboards/{OVERVIEW_UID}.json": JsonDocument(_plain(dashboard), __name__)}


def _plain(dashboard: Dashboard) -> Any:
    return json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder))


def _panels(catalog: Catalog) -> list[Panel]:
    identifiers = count(1)
    panels: list[Panel] = []
    top = 0
    for section in Section:
        signals = [signal for signal in catalog.signals if signal.section is section]
        panels.append(
            RowPanel(
                id=next(identifiers),
                title=section.value,
                description=f"Key metrics: {section.value.lower()}",
                dataSource=DATASOURCE,
                gridPos=heading_position(top),
            )
        )
        panels.extend(
            signal_panel(signal, next(identifiers), position)
            for signal, position in zip(signals, positions(len(signals), top), strict=True)
        )
        top += section_height(len(signals))
    return panels


def _variables(settings: Settings) -> list[Template]:
    return [
        Template(name="datasource", label="Data source", type="datasource", query="prometheus"),
        *(_label_variable(label, service_job(settings)) for label in ("environment", "namespace")),
    ]


def _label_variable(label: str, job: str) -> Template:
    return Template(
        name=label,
        label=label.capitalize(),
        query=f"label_values({UP}{{{job}}}, {label})",
        dataSource=DATASOURCE,
        includeAll=True,
        multi=True,
        allValue=_EVERYTHING,
        default="$__all",
        refresh=_ON_TIME_RANGE_CHANGE,
    )


def _links(urls: Urls) -> list[DashboardLink]:
    targets = {
        "Alerts": f"{urls.prometheus}/alerts",
        "Silences": f"{urls.alertmanager}/#/silences",
        "Logs": urls.kibana,
        "Runbooks": urls.runbooks,
    }
    return [
        DashboardLink(title=title, type="link", uri=url, targetBlank=True, keepTime=False)
        for title, url in targets.items()
    ]
