"""Receivers of ``alertmanager.yml`` as an AlertmanagerConfig writes them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_catalog.kubernetes_objects import Object

_Content: TypeAlias = "Mapping[str, Any]"


class Secrets:
    """Files of secrets as keys of one Secret: the last part of each path."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._files: dict[str, str] = {}

    def selector(self, file: str) -> Object:
        """Return where the content of ``file`` is; raises ForeseenError where another file has the same key."""
        key = PurePosixPath(file).name
        other = self._files.setdefault(key, file)
        if other != file:
            raise ForeseenError(
                f"{other} and {file}: both are the key {key} of the Secret {self._name}; name one differently"
            )
        return {"name": self._name, "key": key}


def receiver(content: _Content, server: _Content, secrets: Secrets) -> Object:
    """Return a receiver; ``server`` is the section ``global``, which has the mail server."""
    kinds: dict[str, tuple[str, Callable[[_Content], Object]]] = {
        "pagerduty_configs": ("pagerdutyConfigs", lambda each: _pagerduty(each, secrets)),
        "slack_configs": ("slackConfigs", lambda each: _slack(each, secrets)),
        "email_configs": ("emailConfigs", lambda each: _email(each, server, secrets)),
        "webhook_configs": ("webhookConfigs", lambda each: _webhook(each, secrets)),
    }
    spoken = {kinds[kind][0]: [kinds[kind][1](each) for each in each_kind] for kind, each_kind in _kinds(content)}
    return {"name": content["name"], **spoken}


def _kinds(content: _Content) -> list[tuple[str, list[_Content]]]:
    return [(kind, configurations) for kind, configurations in content.items() if kind != "name"]


def _slack(content: _Content, secrets: Secrets) -> Object:
    return {
        "apiURL": secrets.selector(content["api_url_file"]),
        **{name: content[name] for name in ("channel", "color", "title")},
        "titleLink": content["title_link"],
        **{name: content[name] for name in ("fallback", "text", "fields", "actions")},
        "sendResolved": content["send_resolved"],
    }


def _pagerduty(content: _Content, secrets: Secrets) -> Object:
    return {
        "routingKey": secrets.selector(content["routing_key_file"]),
        **{name: content[name] for name in ("description", "severity", "source", "class", "component", "group")},
        "details": _pairs(content["details"]),
        # Alertmanager calls it text, as PagerDuty does.
        "pagerDutyLinkConfigs": [{"alt": link["text"], "href": link["href"]} for link in content["links"]],
        "client": content["client"],
        "clientURL": content["client_url"],
        "sendResolved": content["send_resolved"],
    }


def _email(content: _Content, server: _Content, secrets: Secrets) -> Object:
    account = (
        {
            "authUsername": server["smtp_auth_username"],
            "authPassword": secrets.selector(server["smtp_auth_password_file"]),
        }
        if "smtp_auth_username" in server
        else {}
    )
    return {
        "to": content["to"],
        "from": server["smtp_from"],
        "smarthost": server["smtp_smarthost"],
        **account,
        "headers": _pairs(content["headers"]),
        "html": content["html"],
        "text": content["text"],
        "sendResolved": content["send_resolved"],
    }


def _webhook(content: _Content, secrets: Secrets) -> Object:
    http = content.get("http_config")
    token = secrets.selector(http["authorization"]["credentials_file"]) if http else None
    return {
        "url": content["url"],
        **({"httpConfig": {"authorization": {"credentials": token}}} if token else {}),
        "sendResolved": content["send_resolved"],
    }


def _pairs(values: Mapping[str, str]) -> list[Object]:
    return [{"key": key, "value": value} for key, value in values.items()]
