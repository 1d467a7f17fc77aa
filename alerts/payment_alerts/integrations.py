"""How each kind of contact point is spoken to; the words are in ``templates/*.tmpl``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from payment_catalog.settings.contact_points import EmailContact, PagerDutyContact, SlackContact, WebhookContact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.settings.contact_points import ContactPoint
    from payment_catalog.settings.places import Urls

Configuration: TypeAlias = dict[str, Any]


def integrations(urls: Urls, contacts: Iterable[ContactPoint]) -> dict[str, list[Configuration]]:
    """Return the integrations of a receiver that has these contact points: ``slack_configs`` and so on."""
    by_kind: dict[str, list[Configuration]] = {}
    for contact in contacts:
        kind, configuration = _integration(urls, contact)
        by_kind.setdefault(kind, []).append({**configuration, "send_resolved": True})
    return by_kind


def _integration(urls: Urls, contact: ContactPoint) -> tuple[str, Configuration]:
    match contact:
        case SlackContact():
            return "slack_configs", _slack(contact)
        case PagerDutyContact():
            return "pagerduty_configs", _pagerduty(urls, contact)
        case EmailContact():
            return "email_configs", _email(contact)
        case WebhookContact():
            return "webhook_configs", _webhook(contact)


def _slack(contact: SlackContact) -> Configuration:
    buttons = {
        "Runbook": _template("payment.lead.runbook"),
        "Dashboard": _template("payment.lead.dashboard"),
        "Logs": _template("payment.lead.logs"),
        "Prometheus": _template("payment.lead.graph"),
        '{{ if eq .Status "firing" }}Silence{{ else }}Alertmanager{{ end }}': _template("payment.link.silence"),
    }
    fields = {
        "Priority": _template("payment.urgency", ".CommonLabels.priority"),
        "Asked": _template("payment.team"),
        "Environment": _template("payment.slack.name", ".CommonLabels.environment"),
        "When": _template("payment.slack.when"),
    }
    return {
        "api_url_file": contact.url_file,
        "channel": contact.channel,
        "color": _template("payment.color"),
        "title": _template("payment.slack.title"),
        "title_link": _template("payment.lead.runbook"),
        "fallback": _template("payment.slack.title"),
        "text": _template("payment.slack.text"),
        "fields": [{"title": title, "value": value, "short": True} for title, value in fields.items()],
        "actions": [{"type": "button", "text": text, "url": url} for text, url in buttons.items()],
    }


def _pagerduty(urls: Urls, contact: PagerDutyContact) -> Configuration:
    links = {
        "Runbook": _template("payment.lead.runbook"),
        "Dashboard": _template("payment.lead.dashboard"),
        "Logs": _template("payment.lead.logs"),
        "Prometheus": _template("payment.lead.graph"),
        "Silence": _template("payment.link.silence"),
    }
    return {
        "routing_key_file": contact.routing_key_file,
        "description": _template("payment.title"),
        "severity": _template("payment.pagerduty.severity"),
        "source": _template("payment.pagerduty.source"),
        "class": _template("payment.name", ".CommonLabels.incident"),
        "component": _template("payment.name", ".CommonLabels.job"),
        "group": _template("payment.name", ".CommonLabels.environment"),
        "details": {
            "urgency": _template("payment.urgency", ".CommonLabels.priority"),
            "asked": _template("payment.team"),
            "firing": _template("payment.text.alerts", ".Alerts.Firing"),
            "resolved": _template("payment.text.alerts", ".Alerts.Resolved"),
            "first_commands": _template("payment.diagnosis", ".CommonLabels.incident"),
        },
        "links": [{"text": text, "href": url} for text, url in links.items()],
        "client": "payment-observability",
        "client_url": urls.alertmanager,
    }


def _email(contact: EmailContact) -> Configuration:
    return {
        "to": contact.to,
        "headers": {"Subject": _template("payment.title")},
        "html": _template("payment.email.html"),
        "text": _template("payment.text"),
    }


def _webhook(contact: WebhookContact) -> Configuration:
    credentials = {"http_config": {"authorization": {"credentials_file": contact.token_file}}}
    return {"url": contact.url, **(credentials if contact.token_file else {})}


def _template(name: str, data: str = ".") -> str:
    return f'{{{{ template "{name}" {data} }}}}'
