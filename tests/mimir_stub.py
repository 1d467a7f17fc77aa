"""A Mimir or a Cortex as the HTTP APIs of ruler and Alertmanager are documented, and as their sources answer.

It keeps what it is sent by tenant, and gives it back as Go writes it: durations in its own form, no defaults. It checks
what it is sent: the tenant, the kind of content, expressions by the real grammar, no file in a routing. Canned answers
come before its own. Every request is noted.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import yaml
from stub_server import Answer, serving

from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.promql import PromQLError, parse
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import PagerDutyContact, SlackContact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

TOKEN = "a-token-of-mimir_0123"
TENANT = "payments"
PREFIX = "/monitoring/mimir"
RULES = {"mimir": "/prometheus/config/v1/rules", "cortex": "/api/v1/rules"}
ALERTS = "/api/v1/alerts"
_ACCEPTED = Answer(202, {"status": "success", "data": None, "errorType": "", "error": ""})


def _load(text: str | bytes) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _text(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _yaml(content: object) -> Answer:
    return Answer(200, yaml.dump(content, Dumper=yaml.CSafeDumper).encode(), {"Content-Type": "application/yaml"})


@dataclass
class StubMimir:
    """The state behind the server. ``rules`` are by tenant, namespace and group, ``routing`` by tenant.

    ``most_rules`` of a group and ``most_groups`` of a tenant are Mimir's own; Cortex has no such limits unless told.
    """

    url: str
    flavour: str = "mimir"
    rules: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    routing: dict[str, dict[str, Any]] = field(default_factory=dict)
    most_rules: int = 20
    most_groups: int = 70
    requests: list[tuple[str, str]] = field(default_factory=list)
    canned: list[tuple[str, str, Answer]] = field(default_factory=list)

    def answer_with(self, method: str, path: str, *answers: Answer) -> None:
        """Answer the next requests for what begins with ``path`` with ``answers``, in that order."""
        self.canned.extend((method, path, answer) for answer in answers)

    def written(self) -> list[tuple[str, str]]:
        """Return the requests that may have changed something."""
        return [request for request in self.requests if request[0] != "GET"]

    def answer(self, method: str, url: str, headers: Message, content: bytes) -> Answer | None:
        path = url.removeprefix(PREFIX)
        self.requests.append((method, path))
        for number, (canned, beginning, answer) in enumerate(self.canned):
            if method == canned and path.startswith(beginning):
                del self.canned[number]
                return answer
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return _text(401, "invalid token")
        return self._tenants(method, path, headers, content)

    def _tenants(self, method: str, path: str, headers: Message, content: bytes) -> Answer:
        tenant = headers.get("X-Scope-OrgID")
        if not tenant:
            return _text(401, "no org id")
        if method == "POST" and headers.get("Content-Type") != "application/yaml":
            return _text(415, "expected application/yaml")
        if path == ALERTS:
            return self._alerts(method, tenant, content)
        if path.startswith(f"{RULES[self.flavour]}/"):
            names = [unquote(part) for part in path.removeprefix(f"{RULES[self.flavour]}/").split("/")]
            return self._rules(method, tenant, names, content)
        return _text(404, "404 page not found")

    def _rules(self, method: str, tenant: str, names: list[str], content: bytes) -> Answer:
        groups = self.rules.setdefault(tenant, {}).setdefault(names[0], {})
        match method, names:
            case "GET", [namespace] if groups:
                return _yaml({namespace: list(groups.values())})
            case "GET", [_]:
                return _yaml({}) if self.flavour == "mimir" else _text(404, "no rule groups found")
            case "POST", [_]:
                return self._set(groups, content, sum(map(len, self.rules[tenant].values())))
            case "DELETE", [_, name] if name in groups:
                del groups[name]
                return _ACCEPTED
            case "DELETE", [_, _]:
                return _text(404, "group does not exist")
        return _text(405, "")

    def _set(self, groups: dict[str, Any], content: bytes, there: int) -> Answer:
        group = _load(content)
        if set(group) - {"name", "interval", "rules"}:
            return _text(400, "unable to decoded rule group")
        try:
            stored = {**group, "interval": _go(group["interval"]), "rules": [_stored(rule) for rule in group["rules"]]}
        except (PromQLError, ValueError) as error:
            return _text(400, str(error))
        if (rules := len(group["rules"])) > self.most_rules:
            return _text(
                400, f"per-user rules per rule group limit (limit: {self.most_rules} actual: {rules}) exceeded"
            )
        # One more is counted also for a group that is replaced.
        if there + 1 > self.most_groups:
            limit = f"per-user rule groups limit (limit: {self.most_groups} actual: {there + 1}) exceeded"
            return _text(400, limit)
        groups[group["name"]] = stored
        return _ACCEPTED

    def _alerts(self, method: str, tenant: str, content: bytes) -> Answer:
        if method == "GET":
            stored = self.routing.get(tenant)
            return _yaml(stored) if stored else _text(404, "alertmanager storage object not found")
        sent = _load(content)
        configuration = _load(sent["alertmanager_config"])
        names = [*configuration.get("templates", []), *sent["template_files"]]
        if any("/" in name for name in names):
            return _text(400, "error validating Alertmanager config: template name cannot contain a path")
        if any(key.endswith("_file") for key in _keys(configuration)):
            return _text(400, "error validating Alertmanager config: setting a file is not allowed")
        self.routing[tenant] = sent
        return Answer(201, b"")


def _stored(rule: dict[str, Any]) -> dict[str, Any]:
    parse(rule["expr"])
    waits = {key: _go(rule[key]) for key in ("for", "keep_firing_for") if rule.get(key, "0s") != "0s"}
    return {**{key: value for key, value in rule.items() if key not in {"for", "keep_firing_for"}}, **waits}


def _go(duration: str) -> str:
    """Return a duration as Prometheus' model prints it, which has no ``1d`` for 36 hours."""
    return format_duration(parse_duration(duration))


def _keys(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from _keys(value)
    elif isinstance(content, list):
        for item in content:
            yield from _keys(item)


def credentials(text: str) -> dict[str, str]:
    """Return the content of each file of credentials that the usual contact points name, by the file's name."""
    found = {}
    for contact in Settings().contact_points.values():
        if isinstance(contact, SlackContact):
            found[Path(contact.url_file).name] = f"https://hooks.slack.com/{text}"
        elif isinstance(contact, PagerDutyContact):
            found[Path(contact.routing_key_file).name] = text
    return found


@contextmanager
def stub_mimir() -> Iterator[StubMimir]:
    """Serve a Mimir below a path until the end of the block."""

    def answer(method: str, url: str, headers: Message, content: bytes) -> Answer | None:
        return mimir.answer(method, url, headers, content)

    with serving(answer) as address:
        mimir = StubMimir(f"{address}{PREFIX}")
        yield mimir
