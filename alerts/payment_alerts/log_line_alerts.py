"""Alerts on the log lines that Fluentd counts where it reads them, whether or not they arrive anywhere.

They inform. Without Fluentd, or without the exporter's counts, there is nothing to compare and neither fires:
FluentdDown and ExporterCollectorFails speak then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup
from payment_alerts.error_lines_unexplained import error_lines_unexplained
from payment_alerts.log_line_scenarios import fluentd_target
from payment_alerts.log_lines_missing import log_lines_missing
from payment_alerts.scenario_series import exporter_target, service_target
from payment_catalog.dashboards import Dashboard
from payment_catalog.log_series import log_series
from payment_catalog.signals import service_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog


def log_line_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the lines that Fluentd counts, with the series that its alerts read."""
    settings = catalog.settings
    series = log_series(settings)
    reader = fluentd_target(settings)
    failed = catalog.signal("error_ratio").recordings[1].record
    return AlertGroup(
        "payment-log-lines",
        "log-lines.yaml",
        (
            error_lines_unexplained(series, failed, service_job(settings), reader, service_target(settings)),
            log_lines_missing(series, reader, exporter_target(settings)),
        ),
        series.rules,
        dashboard=Dashboard.LOGS,
    )
