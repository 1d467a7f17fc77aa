"""What things are called in Grafana: the runbook's names for its service, names of their own for every other.

Several services share one Grafana, where a uid leads to one dashboard, folder or data source only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard, OwnDashboard
from payment_catalog.own_names import RUNBOOKS_SERVICE

if TYPE_CHECKING:
    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.settings import Settings

_PREFIX = "payment"

#: Grafana takes uids of 40 characters; the longest end is that of "-infrastructure".
LONGEST_PREFIX = 25
_LONGEST_END = 14
_DIGITS = 8


def uid_prefix(settings: Settings) -> str:
    """Return what uids of the service's things begin with: its name, of a long one the start and a digest."""
    name = settings.service
    if name == RUNBOOKS_SERVICE:
        return _PREFIX
    if len(name) <= LONGEST_PREFIX:
        return name
    return f"{name[: LONGEST_PREFIX - _DIGITS - 1]}-{_digest(name)}"


def dashboard_uid(settings: Settings, dashboard: AnyDashboard) -> str:
    """Return the uid of a dashboard, ``/d/<uid>``, at most 40 characters.

    That of an extension keeps its own where no other service has the same Grafana; else it follows the service's name,
    and is itself, or of a long one a digest.
    """
    if settings.service == RUNBOOKS_SERVICE:
        return str(dashboard)
    if isinstance(dashboard, OwnDashboard):
        own = dashboard.uid if len(dashboard.uid) <= _LONGEST_END else _digest(dashboard.uid)
        return f"{uid_prefix(settings)}-{own}" if settings.shared else dashboard.uid
    if dashboard is Dashboard.OVERVIEW:
        return uid_prefix(settings)
    return f"{uid_prefix(settings)}{dashboard.value.removeprefix(_PREFIX)}"


def folder_uid(settings: Settings) -> str:
    """Return the uid of the folder with the service's dashboards, by which it is found."""
    return f"{uid_prefix(settings)}-observability"


def folder_title(settings: Settings) -> str:
    """Return the title that the folder is created with; people may give it another."""
    return "Payments" if settings.service == RUNBOOKS_SERVICE else f"Payments: {settings.service}"


def source_name(settings: Settings, what: str) -> str:
    """Return the name of the data source of ``what``, such as "Prometheus"."""
    return f"Payment {what}" if settings.service == RUNBOOKS_SERVICE else f"{settings.service} {what}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
