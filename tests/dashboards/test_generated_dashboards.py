"""Every dashboard that the bundle generates, as Grafana gets it."""

from __future__ import annotations

import json

import pytest
from dashboards.grafana_types import lost_fields

from payment_alerts.groups import alert_groups, recordings
from payment_bundle.generation import generate_documents
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_dashboards.linting import dashboard_findings
from payment_dashboards.linting.model import is_dashboard

CATALOG = build_catalog(Settings())
RENDERED = render_all(generate_documents(CATALOG))
DASHBOARDS = {path: content for path, content in RENDERED.items() if is_dashboard(path)}


def test_the_linting_finds_nothing() -> None:
    found = dashboard_findings(DASHBOARDS, CATALOG.declared(recordings(alert_groups(CATALOG))))
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("path", DASHBOARDS)
def test_grafanas_types_know_every_field(path: str) -> None:
    assert lost_fields(json.loads(DASHBOARDS[path])) == []
