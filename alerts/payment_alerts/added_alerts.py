"""Alerts that an extension adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class AddedAlerts:
    """A part of an extension: what makes a group of rules, as each function does that makes one of the bundle's."""

    group: Callable[[Catalog], AlertGroup]
