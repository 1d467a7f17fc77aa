"""Every alert of the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.added_alerts import AddedAlerts
from payment_alerts.alert import AlertGroup
from payment_alerts.anomaly.anomaly_alerts import anomaly_alerts
from payment_alerts.api_alerts import api_alerts
from payment_alerts.availability_alerts import availability_alerts
from payment_alerts.backup_alerts import backup_alerts
from payment_alerts.backup_verification_alerts import backup_verification_alerts
from payment_alerts.business_alerts import business_alerts
from payment_alerts.credential_alerts import credential_alerts
from payment_alerts.database_alerts import database_alerts
from payment_alerts.database_server_alerts import database_server_alerts
from payment_alerts.disk_alerts import disk_alerts
from payment_alerts.elsewhere import with_scenario_elsewhere
from payment_alerts.escalation_alerts import escalation_alerts
from payment_alerts.exporter_alerts import exporter_alerts
from payment_alerts.failover_alerts import failover_alerts
from payment_alerts.flood_alerts import flood_alerts
from payment_alerts.infrastructure_alerts import infrastructure_alerts
from payment_alerts.kubernetes_alerts import kubernetes_alerts
from payment_alerts.kubernetes_resource_alerts import kubernetes_resource_alerts
from payment_alerts.leak_alerts import leak_alerts
from payment_alerts.log_alerts import log_alerts
from payment_alerts.log_archive_alerts import log_archive_alerts
from payment_alerts.log_line_alerts import log_line_alerts
from payment_alerts.log_pipeline_alerts import log_pipeline_alerts
from payment_alerts.metrics_missing import metrics_missing_alerts
from payment_alerts.monitoring_alerts import monitoring_alerts
from payment_alerts.probe_alerts import probe_alerts
from payment_alerts.queue_alerts import queue_alerts
from payment_alerts.redis_alerts import redis_alerts
from payment_alerts.security_alerts import security_alerts
from payment_alerts.security_event_alerts import security_event_alerts
from payment_alerts.service_alerts import service_alerts
from payment_alerts.slo.burn_rate_alerts import slo_alerts
from payment_catalog.dashboards import Dashboard
from payment_catalog.request_series import request_series
from payment_catalog.watching import WatchedAlert, Watching

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.catalog import Catalog
    from payment_catalog.signal import RecordingRule


def alert_groups(catalog: Catalog) -> tuple[AlertGroup, ...]:
    """Return every group of rules, symptoms before causes, and at last that of the escalations of all of them."""
    groups = (
        availability_alerts(catalog),
        *slo_alerts(catalog),
        probe_alerts(catalog),
        api_alerts(catalog),
        AlertGroup(
            "payment-requests",
            "requests.yaml",
            (),
            request_series(catalog.settings).rules,
            dashboard=Dashboard.APPLICATION,
        ),
        service_alerts(catalog),
        queue_alerts(catalog),
        business_alerts(catalog),
        *anomaly_alerts(catalog),
        security_alerts(catalog),
        security_event_alerts(catalog),
        credential_alerts(catalog),
        flood_alerts(catalog),
        infrastructure_alerts(catalog),
        disk_alerts(catalog),
        leak_alerts(catalog),
        database_alerts(catalog),
        database_server_alerts(catalog),
        redis_alerts(catalog),
        backup_alerts(catalog),
        backup_verification_alerts(catalog),
        failover_alerts(catalog),
        log_alerts(catalog),
        kubernetes_alerts(catalog),
        kubernetes_resource_alerts(catalog),
        log_pipeline_alerts(catalog),
        log_archive_alerts(catalog),
        log_line_alerts(catalog),
        exporter_alerts(catalog),
        *(added.group(catalog) for added in catalog.parts(AddedAlerts)),
    )
    groups = (*groups, metrics_missing_alerts(catalog, groups), monitoring_alerts(catalog))
    return tuple(map(with_scenario_elsewhere, (*groups, *escalation_alerts(catalog, groups))))


def recordings(groups: Iterable[AlertGroup]) -> tuple[RecordingRule, ...]:
    """Return every recording rule of the groups, each after those that it reads."""
    return tuple(rule for group in groups for rule in group.recordings)


def watching(groups: Iterable[AlertGroup]) -> Watching:
    """Return what dashboards need to know of the alerts."""
    groups = tuple(groups)
    alerts = (
        WatchedAlert(alert.name, alert.expr, alert.severity, group.dashboard)
        for group in groups
        for alert in group.alerts
    )
    return Watching({alert.name: alert for alert in alerts}, recordings(groups))
