"""Runbook pages: what somebody finds who follows the link of an alert."""

from __future__ import annotations

import pytest

from payment_alerts.groups import alert_groups
from payment_alerts.runbooks import runbooks
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.documents import TextDocument
from payment_catalog.settings import Settings

CATALOG = build_catalog(Settings(namespace="shop"))
GROUPS = alert_groups(CATALOG)
PAGES = {path: page.text for path, page in runbooks(CATALOG, GROUPS).items() if isinstance(page, TextDocument)}
ALERTS = [alert for group in GROUPS for alert in group.alerts]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_the_link_of_an_alert_leads_to_a_page_that_helps(alert) -> None:  # type: ignore[no-untyped-def]
    name = alert.annotations(CATALOG, Dashboard.OVERVIEW)["runbook_url"].rpartition("/")[2]
    page = PAGES[f"runbooks/{name}"]
    incident = CATALOG.incidents[alert.incident]
    for command in incident.diagnosis:
        assert command.shell in page
    for cause in incident.causes:
        assert cause.title in page
    assert alert.expr in page
    assert CATALOG.escalation[alert.team].l2 in page
    assert ("Security response" in page) == incident.is_security


def test_names_of_the_settings_are_filled_in() -> None:
    assert "-n shop" in PAGES["runbooks/PaymentServiceDown.md"]


def test_the_index_lists_every_page() -> None:
    index = PAGES["runbooks/README.md"]
    for alert in ALERTS:
        assert f"({alert.name}.md)" in index


def test_a_page_leads_to_the_silence_that_stops_the_escalation() -> None:
    page = PAGES["runbooks/ErrorRateCritical.md"]
    assert "/#/silences/new?filter=%7Bincident%3D%22high-error-rate%22%7D)" in page
    assert "| L2 | Senior Engineer |" in page


def test_a_page_holds_the_post_mortem_to_be_filled_in() -> None:
    page = PAGES["runbooks/BackupOverdue.md"]
    assert "# Post-Mortem: Data Loss and Recovery (BackupOverdue)\n" in page
    for section in ("Summary", "Timeline", "Impact", "Root Cause", "Resolution", "Prevention", "Lessons Learned"):
        assert f"## {section}\n" in page
    assert "- [ ] Complete post-mortem within 24 hours\n" in page
