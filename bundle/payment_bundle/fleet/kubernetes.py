"""What a fleet has once in Kubernetes: alerts and their routes as objects, its dashboard, the chart's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.operator import fleet_operator
from payment_bundle.helm_values import helm_values
from payment_bundle.kustomize import base
from payment_dashboards.sidecar import dashboard_config_maps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings


def fleet_kubernetes(
    catalog: Catalog,
    groups: Sequence[AlertGroup],
    once: Sequence[AlertGroup],
    dashboards: Documents,
    members: Sequence[Settings],
) -> Documents:
    """Return a base for kustomize with a namespace of the fleet's own, and values by which one Alertmanager serves all.

    ``once`` are the groups that no service has itself, ``dashboards`` those of the fleet.
    """
    objects = {**fleet_operator(catalog, groups, once), **dashboard_config_maps(catalog, dashboards)}
    return {**objects, **base(catalog.settings, objects), **helm_values(catalog, members)}
