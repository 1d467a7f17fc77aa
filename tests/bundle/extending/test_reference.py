"""Extensions where the reference service runs: in the demo, in drills and in the simulated history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from extension_home import extension_home

from payment_alerts.groups import alert_groups
from payment_bundle.demo.local_settings import local_settings
from payment_bundle.demo.ports import Ports
from payment_bundle.extending.loading import load_sound
from payment_bundle.extending.reference import added_alerts, reference_catalog
from payment_bundle.generation import grafana_documents
from payment_bundle.rendering import render_all

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.catalog import Catalog

ALERT, METRIC = "LedgerPostingsPileUp", "ledger_postings_pending"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the demo of a project with an extension is made of."""
    home: Path = tmp_path_factory.mktemp("home")
    extended = load_sound(extension_home(home))
    return reference_catalog(local_settings(extended.settings, Ports(), home / "backups"), extended.origins)


def test_its_rules_run_and_nobody_waits_for_its_metrics(demo: Catalog) -> None:
    rules = {alert.name: alert.expr for group in alert_groups(demo) for alert in group.alerts}
    assert added_alerts(demo) == {ALERT}
    assert METRIC in rules[ALERT]
    assert METRIC not in rules["MetricsMissing"]


def test_its_panels_are_shown(demo: Catalog) -> None:
    assert METRIC.encode() in render_all(grafana_documents(demo))["grafana/dashboards/payment-business.json"]
