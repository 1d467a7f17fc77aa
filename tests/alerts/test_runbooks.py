"""Runbook pages: what somebody finds who follows the link of an alert."""

from __future__ import annotations

import pytest

from payment_alerts.groups import alert_groups
from payment_alerts.runbooks import runbooks
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.documents import TextDocument
from payment_catalog.links import log_view_url, logs_url
from payment_catalog.log_patterns import GREPPED
from payment_catalog.log_streams import LogBoard, LogView
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import LogPattern

CATALOG = build_catalog(Settings(namespace="shop"))
GROUPS = alert_groups(CATALOG)
PAGES = {path: page.text for path, page in runbooks(CATALOG, GROUPS).items() if isinstance(page, TextDocument)}
ALERTS = [alert for group in GROUPS for alert in group.alerts]
VIEWS: tuple[LogView, ...] = (*LogPattern, *LogBoard)


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


@pytest.mark.parametrize(
    ("alert", "views"),
    [
        ("ErrorRateCritical", [LogPattern.ERROR]),
        ("PaymentSuccessRateCritical", [LogPattern.PAYMENT_FAILED, LogPattern.ERROR]),
        ("PaymentSuccessErrorBudgetBurnFast", [LogPattern.PAYMENT_FAILED, LogPattern.ERROR]),
        ("HighFailedAuthRate", [LogPattern.AUTH_FAILED, LogBoard.SECURITY]),
        ("FailedAuthAcrossInstances", [LogPattern.AUTH_FAILED, LogBoard.SECURITY]),
        ("RequestsRateLimited", [LogPattern.RATE_LIMIT, LogBoard.SECURITY]),
        ("SuspiciousAPIAccess", [LogBoard.SECURITY]),
        ("CardDataReceived", [LogBoard.SECURITY]),
    ],
)
def test_who_is_called_finds_the_lines_that_the_runbook_greps_for(alert: str, views: list[LogView]) -> None:
    found = next(each for each in ALERTS if each.name == alert)
    addresses = [log_view_url(CATALOG.settings, view) for view in views]
    assert found.annotations(CATALOG, Dashboard.OVERVIEW)["logs_url"] == addresses[0]
    page = PAGES[f"runbooks/{alert}.md"]
    assert [view for view in VIEWS if f"({log_view_url(CATALOG.settings, view)})" in page] == sorted(
        views, key=VIEWS.index
    )


def test_a_page_without_such_lines_leads_to_all_lines_and_promises_no_search() -> None:
    assert f"[logs]({logs_url(CATALOG.settings)})" in PAGES["runbooks/CpuUsageHigh.md"]
    for alert in ALERTS:
        if alert.name in {"CpuUsageHigh", "ServiceOutageEscalatedToL2", "SecurityIncidentEscalatedToL3"}:
            assert "logs_url" not in alert.annotations(CATALOG, Dashboard.OVERVIEW)


def test_an_alert_has_its_own_lines_only_where_its_incident_greps_for_them() -> None:
    for alert in ALERTS:
        if isinstance(alert.logs, LogPattern) and alert.logs is not LogPattern.ERROR:
            incident = CATALOG.incidents[alert.incident]
            commands = [*incident.diagnosis, *(command for cause in incident.causes for command in cause.commands)]
            assert any(GREPPED[alert.logs] in command.shell for command in commands), alert.name


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
