"""The group of alerts on unusual business figures, and the recorded history that they compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup
from payment_alerts.anomaly.failure_alerts import declines, failures_on_our_side
from payment_alerts.anomaly.method_alerts import method_down, method_failing
from payment_alerts.anomaly.revenue_alerts import revenue_low, revenue_surge
from payment_alerts.anomaly.story import Shop
from payment_alerts.anomaly.volume_alerts import payment_volume
from payment_alerts.scenario_series import exporter_target
from payment_catalog.dashboards import Dashboard
from payment_catalog.seasons import business_seasons

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog


def anomaly_alerts(catalog: Catalog) -> tuple[AlertGroup, ...]:
    """Return the groups of alerts with the figures of now, and the group that records those of the weeks before.

    The history stands apart, so that the alerts are tested without simulating weeks. An alert so sees a usual figure
    that is up to one evaluation old.
    """
    seasons = business_seasons(catalog.settings)
    shop = Shop(exporter_target(catalog.settings), seasons)
    payments = (
        *payment_volume(catalog, shop),
        method_down(shop),
        method_failing(shop),
        failures_on_our_side(shop),
        declines(shop),
    )
    revenue = (*revenue_low(catalog, shop), revenue_surge(shop))
    return (
        AlertGroup(
            "payment-anomalies", "anomalies.yaml", payments, seasons.payment_figures, dashboard=Dashboard.BUSINESS
        ),
        AlertGroup(
            "payment-revenue-anomalies",
            "revenue-anomalies.yaml",
            revenue,
            seasons.revenue_figures,
            dashboard=Dashboard.BUSINESS,
        ),
        AlertGroup(
            "payment-seasons",
            "seasons.yaml",
            (),
            seasons.history,
            dashboard=Dashboard.BUSINESS,
        ),
    )
