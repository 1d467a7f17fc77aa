"""Alertmanager: who is told of what, how often, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.inhibitions import inhibitions
from payment_alerts.integrations import integrations
from payment_alerts.messages import messages
from payment_alerts.routes import receivers, routes, time_intervals, watchdog_receiver
from payment_catalog.documents import YamlDocument
from payment_catalog.settings.contact_points import EmailContact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import AlertGroup
    from payment_alerts.routes import Receiver
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

CONFIGURATION = "alertmanager/alertmanager.yml"
#: For alerts that are sent without an end; Prometheus always sends one.
_RESOLVE_TIMEOUT = "5m"


def alertmanager(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return ``alertmanager.yml`` for the alerts of ``groups``, and the templates of its messages."""
    return {CONFIGURATION: YamlDocument(configuration(catalog, groups), __name__), **messages(catalog)}


def configuration(catalog: Catalog, groups: Sequence[AlertGroup]) -> dict[str, Any]:
    """Return the content of ``alertmanager.yml`` for the alerts of ``groups``."""
    settings = catalog.settings
    alerts = {alert.name for group in groups for alert in group.alerts}
    content: dict[str, Any] = {
        "global": {"resolve_timeout": _RESOLVE_TIMEOUT, **_smtp(settings)},
        "templates": ["templates/*.tmpl"],
        "route": routes(settings),
        "time_intervals": time_intervals(settings),
        "inhibit_rules": inhibitions(alerts),
        "receivers": [_receiver(settings, receiver) for receiver in receivers(settings)],
    }
    return {key: value for key, value in content.items() if value}


def _smtp(settings: Settings) -> dict[str, Any]:
    if not any(isinstance(contact, EmailContact) for contact in settings.contact_points.values()):
        return {}
    account = (
        {"smtp_auth_username": settings.smtp.username, "smtp_auth_password_file": settings.smtp.password_file}
        if settings.smtp.username
        else {}
    )
    return {"smtp_smarthost": settings.smtp.smarthost, "smtp_from": settings.smtp.sender, **account}


def _receiver(settings: Settings, receiver: Receiver) -> dict[str, Any]:
    contacts = [settings.contact_points[name] for name in dict.fromkeys(receiver.contacts)]
    spoken = integrations(settings.urls, contacts)
    if receiver == watchdog_receiver(settings):
        # A call that says that it is over would count as one that says that all is well.
        calls = {kind: [{**call, "send_resolved": False} for call in found] for kind, found in spoken.items()}
        return {"name": receiver.name, **calls}
    return {"name": receiver.name, **spoken}
