"""What the extensions of services add to what their fleet has once: incidents to tell of, and alerts to escalate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_alerts.added_alerts import AddedAlerts
from payment_bundle.extending.loading import extended_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_alerts.alert import AlertGroup
    from payment_bundle.fleet.making import Service
    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings


def additions_of(services: Iterable[Service], settings: Settings) -> tuple[Addition, ...]:
    """Return what each extension adds for the fleet, whose own ``settings`` incidents are made of.

    Alerts are those of the services: one that several have is as the first of them has it. Raises ExtensionError.
    """
    found: dict[tuple[str, Path], Addition] = {}
    groups: dict[tuple[str, Path], dict[str, AlertGroup]] = {}
    for service in services:
        if not service.origins:
            continue
        catalog = service.catalog
        for origin, addition in zip(service.origins, catalog.additions, strict=True):
            key = (origin.name, origin.directory)
            if key not in found:
                (found[key],) = extended_catalog(settings, (origin,)).additions
            known = groups.setdefault(key, {})
            for part in addition.parts:
                if isinstance(part, AddedAlerts):
                    group = part.group(catalog)
                    known[group.name] = _with_more(known.get(group.name, replace(group, alerts=())), group)
    return tuple(
        replace(addition, parts=tuple(AddedAlerts(_Made(group)) for group in groups[key].values()))
        for key, addition in found.items()
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """Makes a group of alerts that is made already."""

    group: AlertGroup

    def __call__(self, _: Catalog) -> AlertGroup:
        return self.group


def _with_more(group: AlertGroup, other: AlertGroup) -> AlertGroup:
    names = {alert.name for alert in group.alerts}
    return replace(group, alerts=(*group.alerts, *(alert for alert in other.alerts if alert.name not in names)))
