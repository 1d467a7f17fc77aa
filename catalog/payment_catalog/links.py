"""Addresses that alerts, pages and messages share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from payment_catalog import promql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from payment_catalog.settings import Settings

#: The runbook's dashboard: ``/d/payment-service``.
OVERVIEW_UID = "payment-service"


def overview_url(settings: Settings) -> str:
    """Return the address of the overview dashboard."""
    return f"{settings.urls.grafana}/d/{OVERVIEW_UID}"


def dashboard_at(settings: Settings, start: datetime, end: datetime) -> str:
    """Return the address of the overview dashboard for a range of time."""
    return f"{overview_url(settings)}?from={_milliseconds(start)}&to={_milliseconds(end)}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def expression_url(settings: Settings, expression: str) -> str:
    """Return the address at which Prometheus draws ``expression`` over the last hour."""
    return f"{settings.urls.prometheus}/graph?g0.expr={quote(expression, safe='')}&g0.tab=0&g0.range_input=1h"


def silence_url(settings: Settings, labels: Mapping[str, str]) -> str:
    """Return the address at which Alertmanager proposes a silence for alerts with ``labels``."""
    matchers = ", ".join(f"{name}={promql.quote(value)}" for name, value in labels.items())
    return f"{settings.urls.alertmanager}/#/silences/new?filter={quote(f'{{{matchers}}}', safe='')}"


def runbook_url(settings: Settings, alert: str) -> str:
    """Return the address of the page of ``alert``."""
    return f"{settings.urls.runbooks}/{alert}.md"
