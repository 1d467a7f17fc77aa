"""Every alert of the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.api_alerts import api_alerts
from payment_alerts.availability_alerts import availability_alerts
from payment_alerts.backup_alerts import backup_alerts
from payment_alerts.business_alerts import business_alerts
from payment_alerts.database_alerts import database_alerts
from payment_alerts.infrastructure_alerts import infrastructure_alerts
from payment_alerts.security_alerts import security_alerts
from payment_alerts.security_event_alerts import security_event_alerts

if TYPE_CHECKING:
    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog


def alert_groups(catalog: Catalog) -> tuple[AlertGroup, ...]:
    """Return every group of rules, symptoms before causes."""
    return (
        availability_alerts(catalog),
        api_alerts(catalog),
        business_alerts(catalog),
        security_alerts(catalog),
        security_event_alerts(catalog),
        infrastructure_alerts(catalog),
        database_alerts(catalog),
        backup_alerts(catalog),
    )
