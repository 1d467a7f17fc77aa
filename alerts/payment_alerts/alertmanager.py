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
    from payment_alerts.routes import Receiver, Route
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
    return assembled(
        groups,
        mail=mail_account(settings),
        route=routes(settings),
        intervals=time_intervals(settings),
        receivers=[{"name": receiver.name, **integrations_of(settings, receiver)} for receiver in receivers(settings)],
    )


def assembled(
    groups: Sequence[AlertGroup],
    *,
    mail: dict[str, str],
    route: Route,
    intervals: list[dict[str, Any]],
    receivers: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the content of ``alertmanager.yml`` that is made of these parts, for the alerts of ``groups``."""
    alerts = {alert.name for group in groups for alert in group.alerts}
    content: dict[str, Any] = {
        "global": {"resolve_timeout": _RESOLVE_TIMEOUT, **mail},
        "templates": ["templates/*.tmpl"],
        "route": route,
        "time_intervals": intervals,
        "inhibit_rules": inhibitions(alerts),
        "receivers": receivers,
    }
    return {key: value for key, value in content.items() if value}


def mail_account(settings: Settings) -> dict[str, str]:
    """Return what ``global`` says of the server for e-mail: nothing where no contact point needs one."""
    if not any(isinstance(contact, EmailContact) for contact in settings.contact_points.values()):
        return {}
    account = (
        {"smtp_auth_username": settings.smtp.username, "smtp_auth_password_file": settings.smtp.password_file}
        if settings.smtp.username
        else {}
    )
    return {"smtp_smarthost": settings.smtp.smarthost, "smtp_from": settings.smtp.sender, **account}


def integrations_of(settings: Settings, receiver: Receiver) -> dict[str, Any]:
    """Return how a receiver's contact points are spoken to, by kind: ``slack_configs`` and so on."""
    contacts = [settings.contact_points[name] for name in dict.fromkeys(receiver.contacts)]
    spoken = integrations(settings.urls, contacts)
    if receiver != watchdog_receiver(settings):
        return spoken
    # A call that says that it is over would count as one that says that all is well.
    return {kind: [{**call, "send_resolved": False} for call in found] for kind, found in spoken.items()}
