"""Every dashboard that the bundle generates, as Grafana gets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from dashboards.grafana_types import lost_fields

from payment_alerts.groups import alert_groups, recordings
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.settings import Settings
from payment_dashboards.linting import dashboard_findings

if TYPE_CHECKING:
    from pathlib import Path

PATHS = [f"grafana/dashboards/{dashboard}.json" for dashboard in Dashboard]


def test_the_linting_finds_nothing(shipped: Path) -> None:
    generated = shipped / "generated"
    files = sorted((generated / "grafana/dashboards").glob("*.json"))
    dashboards = {file.relative_to(generated).as_posix(): file.read_bytes() for file in files}
    assert sorted(dashboards) == sorted(PATHS)
    catalog = build_catalog(Settings())
    found = dashboard_findings(dashboards, catalog.declared(recordings(alert_groups(catalog))))
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("path", PATHS)
def test_grafanas_types_know_every_field(shipped: Path, path: str) -> None:
    assert lost_fields(json.loads((shipped / "generated" / path).read_bytes())) == []
