"""What a package or a module offers to add to the bundle: metrics, incidents, alerts and panels of its own.

    extension = Extension(
        metrics=(POSTINGS_PENDING,), incidents=(ledger_behind,), alerts=(ledger_alerts,), panels=(ledger_row,)
    )

Each is made of what the bundle's own are made of, and is checked like them. ``bundle.yaml`` names the extension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.mutation.equivalents import Equivalent
from payment_bundle.extending.shapes import FUNCTION, Several, mistyped
from payment_catalog.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.incident import Incident
    from payment_catalog.settings import Settings
    from payment_dashboards.added_panels import Panels
    from payment_dashboards.kit import Kit

#: Entry points of installed packages in this group are extensions.
GROUP = "payment_observability.extensions"

_FIELDS: Mapping[str, Several] = {
    "metrics": Several(Metric),
    "incidents": Several(FUNCTION),
    "alerts": Several(FUNCTION),
    "panels": Several(FUNCTION),
    "equivalents": Several(Equivalent),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What is added to the catalogue. Functions must be pure: the same input gives the same files on every machine.

    ``metrics`` are declared as the service's are, so that collectors can be made of them. Each function of
    ``incidents``, ``alerts`` and ``panels`` makes one incident, one group of rules, and one dashboard or the rows to
    put below those of a dashboard. ``equivalents`` are changes of rules that ``payobs mutate`` would try and that mean
    the same. Raises TypeError for anything else.
    """

    metrics: tuple[Metric, ...] = ()
    incidents: tuple[Callable[[Settings], Incident], ...] = ()
    alerts: tuple[Callable[[Catalog], AlertGroup], ...] = ()
    panels: tuple[Callable[[Kit], Panels], ...] = ()
    equivalents: tuple[Equivalent, ...] = ()

    def __post_init__(self) -> None:
        for name, kind in _FIELDS.items():
            if wrong := mistyped(getattr(self, name), kind, name):
                raise TypeError(wrong)
