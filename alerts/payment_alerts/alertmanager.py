"""Alertmanager: who is told of what, how often, and in which words."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from payment_alerts.groups import alert_groups
from payment_alerts.inhibitions import inhibitions
from payment_alerts.routes import receivers, routes, time_intervals, watchdog_receiver
from payment_catalog.documents import TextDocument, YamlDocument
from payment_catalog.settings import EmailContact, PagerDutyContact, SlackContact, WebhookContact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.routes import Receiver
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import ContactPoint, Settings

CONFIGURATION = "alertmanager/alertmanager.yml"
TEMPLATE = "alertmanager/templates/payment.tmpl"
#: For alerts that are sent without an end; Prometheus always sends one.
_RESOLVE_TIMEOUT = "5m"


def alertmanager(catalog: Catalog) -> Documents:
    """Return ``alertmanager.yml`` and the template of its messages."""
    template = resources.files(__package__).joinpath("templates", "payment.tmpl").read_text(encoding="utf-8")
    return {
        CONFIGURATION: YamlDocument(_configuration(catalog), __name__),
        TEMPLATE: TextDocument(template, __name__),
    }


def _configuration(catalog: Catalog) -> dict[str, Any]:
    settings = catalog.settings
    alerts = {alert.name for group in alert_groups(catalog) for alert in group.alerts}
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
    integrations = _integrations(settings, contacts)
    if receiver == watchdog_receiver(settings):
        # A call that says that it is over would count as one that says that all is well.
        calls = {kind: [{**call, "send_resolved": False} for call in found] for kind, found in integrations.items()}
        return {"name": receiver.name, **calls}
    return {"name": receiver.name, **integrations}


def _integrations(settings: Settings, contacts: Iterable[ContactPoint]) -> dict[str, list[dict[str, Any]]]:
    integrations: dict[str, list[dict[str, Any]]] = {}
    for contact in contacts:
        kind, configuration = _integration(settings, contact)
        integrations.setdefault(kind, []).append({**configuration, "send_resolved": True})
    return integrations


def _integration(settings: Settings, contact: ContactPoint) -> tuple[str, dict[str, Any]]:
    title, text = '{{ template "payment.title" . }}', '{{ template "payment.text" . }}'
    match contact:
        case SlackContact():
            configuration: dict[str, Any] = {
                "api_url_file": contact.url_file,
                "channel": contact.channel,
                "title": title,
                "title_link": settings.urls.alertmanager,
                "text": text,
                "color": '{{ template "payment.color" . }}',
            }
            return "slack_configs", configuration
        case PagerDutyContact():
            return "pagerduty_configs", {
                "routing_key_file": contact.routing_key_file,
                "description": title,
                "severity": '{{ template "payment.severity" . }}',
                "details": {"text": text},
                "client": "payment-observability",
                "client_url": settings.urls.alertmanager,
            }
        case EmailContact():
            return "email_configs", {
                "to": contact.to,
                "headers": {"Subject": title},
                "html": "",
                "text": text,
            }
        case WebhookContact():
            return "webhook_configs", {"url": contact.url}
