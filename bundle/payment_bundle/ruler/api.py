"""The few calls of the HTTP APIs of Mimir and Cortex that delivery needs: rule groups, and the routing of a tenant.

Sources: "Ruler" and "Alertmanager" of Mimir's and Cortex' documentation of their HTTP API, and of their sources
``pkg/ruler/api.go`` and ``pkg/alertmanager/api.go`` what they say of what is not there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import yaml
from pydantic import BaseModel, ValidationError

from payment_bundle.rendering import as_yaml
from payment_bundle.ruler.rule_group import RuleGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.ruler.connection import Connection

#: The words of a 404 that means "nothing there yet", not "no such address".
_NO_GROUPS = "no rule groups found"
_NO_GROUP = "does not exist"
_NO_ROUTING = "alertmanager storage object not found"
_ROUTING_PATH = "/api/v1/alerts"


class Routing(BaseModel):
    """What a tenant's Alertmanager is given: its configuration as a text, and templates by the name of their file."""

    alertmanager_config: str
    template_files: dict[str, str] = {}


class Ruler:
    """The rule groups of one namespace; every call raises RulerError."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self.connection = connection
        self.namespace = namespace
        self._path = f"{connection.server.flavour.rules}/{quote(namespace, safe='')}"

    def groups(self) -> dict[str, RuleGroup]:
        """Return every group by its name."""
        text = self.connection.get(self._path, _NO_GROUPS)
        if text is None:
            return {}
        try:
            found = (_load(text) or {}).get(self.namespace) or []
            groups = [RuleGroup.model_validate(content) for content in found]
        except (yaml.YAMLError, ValidationError, AttributeError, TypeError):
            self.connection.garbage(200, "rule groups")
        return {group.name: group for group in groups}

    def set(self, content: Mapping[str, Any]) -> None:
        """Create the group, or replace the one of its name."""
        reply = self.connection.post(self._path, as_yaml(content))
        try:
            accepted = json.loads(reply.content)["status"] == "success"
        except (ValueError, KeyError, TypeError):
            accepted = False
        if not accepted:
            self.connection.garbage(reply.status, "a ruler's")

    def delete(self, name: str) -> None:
        """Delete the group; one that is gone already is as good."""
        self.connection.delete(f"{self._path}/{quote(name, safe='')}", _NO_GROUP)


class TenantRouting:
    """The configuration of a tenant's Alertmanager; every call raises RulerError."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def stored(self) -> Routing | None:
        """Return what the tenant has, None where it has nothing of its own."""
        text = self.connection.get(_ROUTING_PATH, _NO_ROUTING)
        if text is None:
            return None
        try:
            content = _load(text)
            return Routing.model_validate({key: value for key, value in content.items() if value is not None})
        except (yaml.YAMLError, ValidationError, AttributeError):
            self.connection.garbage(200, "an Alertmanager's configuration")

    def set(self, routing: Routing) -> None:
        """Replace what the tenant has."""
        reply = self.connection.post(_ROUTING_PATH, as_yaml(routing.model_dump()))
        if reply.status != 201:
            self.connection.garbage(reply.status, "an Alertmanager's")


def _load(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)
