"""The monitoring watches itself: what it reaches, what it evaluates, whom it tells, and that it is there at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, Scenario
from payment_alerts.delivery_alerts import delivery_alerts
from payment_alerts.monitoring_target_alerts import monitoring_target_alerts
from payment_alerts.routes import WATCHDOG
from payment_alerts.rule_evaluation_alerts import rule_evaluation_alerts
from payment_alerts.scenario_series import service_target, steady
from payment_alerts.storage_alerts import storage_alerts
from payment_catalog.dashboards import Dashboard
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import UP
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority, Severity

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

MONITORING_GROUP, MONITORING_FILE = "payment-monitoring", "monitoring.yaml"


def monitoring_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the monitoring, which one Prometheus has once, for however many services."""
    return AlertGroup(
        MONITORING_GROUP,
        MONITORING_FILE,
        (
            watchdog(catalog),
            *delivery_alerts(catalog),
            *rule_evaluation_alerts(catalog),
            *monitoring_target_alerts(catalog),
            *storage_alerts(catalog),
        ),
        dashboard=Dashboard.ON_CALL,
    )


def watchdog(catalog: Catalog) -> Alert:
    """Fire always: where it goes, its silence is the alarm."""
    target = service_target(catalog.settings)
    at = timedelta(minutes=5)
    down = (target.series(UP.name, steady(0, 5)),)
    return Alert(
        name=WATCHDOG,
        expr="vector(1)",
        # There is nothing to wait for.
        pending=timedelta(0),
        severity=Severity.NONE,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.MONITORING_BLIND,
        summary="Alerts arrive",
        description="This alert always fires. Whoever receives it every few minutes knows that Prometheus evaluates "
        "rules and that Alertmanager delivers; whoever no longer does must raise the alarm.",
        meaning="All is well while it arrives. Its absence means that no alert arrives.",
        impact="None. When it stays away, every outage stays unnoticed until customers report it.",
        scenarios=(
            Scenario("nothing is scraped", (), at, ({},)),
            Scenario("the service is down", down, at, ({},)),
            Scenario("Prometheus has just started", (), timedelta(0), ({},)),
        ),
        silent_elsewhere=False,  # it is about no job
        always=True,
    )
