"""A catalogue and its rules, and what they say of a number of services."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from payment_alerts.groups import alert_groups
from payment_bundle.capacity.estimate import estimate
from payment_bundle.capacity.population import Population
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from payment_bundle.capacity.figure import Estimate

CATALOG = build_catalog(Settings())
GROUPS = alert_groups(CATALOG)
ALERTS = sum(len(group.alerts) for group in GROUPS)
MONTH = timedelta(days=30)


def population(services: int = 1, **more: Any) -> Population:
    chosen = {"environments": 1, "instances": 3, "exporters": 1, "payments_per_second": 5.0, **more}
    return Population(services, **chosen)


@cache
def estimated(services: int = 1, retention: timedelta = MONTH, **more: Any) -> Estimate:
    return estimate(CATALOG, GROUPS, population(services, **more), retention)
