"""An Elasticsearch as its HTTP API is documented, as far as templates, policies, roles and data streams go.

It keeps what it is sent and gives it back as Elasticsearch does: with defaults written out. It knows what the real one
of the tests lacks: lifecycle policies, roles, and creating data streams. Canned answers come before its own.
"""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import stub_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

KEY = "c2VjcmV0LWlkOnNlY3JldC1rZXk="
JSON = {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"}
HTML = {"Content-Type": "text/html"}
_KINDS = {
    "_component_template": ("component_templates", "component_template"),
    "_index_template": ("index_templates", "index_template"),
}


@dataclass
class Answer(stub_server.Answer):
    """What the server says, as Elasticsearch, unless its headers are given."""

    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))


@dataclass
class StubElasticsearch:
    """The state behind the server. ``breaks_after`` writes it acts upon one more, and ends without an answer."""

    url: str
    objects: dict[str, Any] = field(default_factory=dict)
    streams: dict[str, list[str]] = field(default_factory=dict)
    indices: dict[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    writes: list[tuple[str, str]] = field(default_factory=list)
    canned: list[tuple[str, str, Answer]] = field(default_factory=list)
    breaks_after: int | None = None

    def answer_with(self, method: str, path: str, answer: Answer) -> None:
        """Answer every request for what begins with ``path`` with ``answer``."""
        self.canned.append((method, path, answer))

    def answer(self, method: str, path: str, authorization: str, body: Any) -> Answer | None:
        for canned_method, beginning, answer in self.canned:
            if method == canned_method and path.startswith(beginning):
                return answer
        if authorization != f"ApiKey {KEY}":
            return _error(401, "security_exception", "unable to authenticate with provided credentials")
        if path.startswith(self.missing):
            return Answer(400, {"error": f"no handler found for uri [{path}] and method [{method}]"})
        if method == "GET":
            return self._get(path)
        self.writes.append((method, path))
        answer = self._write(method, path, body)
        if self.breaks_after is not None and len(self.writes) > self.breaks_after:
            return None
        return answer

    def _get(self, path: str) -> Answer:
        kind, _, name = path.strip("/").rpartition("/")
        if kind == "_resolve/index":
            return self._resolve(name)
        if name == "_mapping":
            return Answer(200, {kind: {"mappings": self.indices[kind]}})
        stored = copy.deepcopy(self.objects.get(path))
        if stored is None:
            return Answer(404, {}) if kind == "_security/role" else _error(404, "resource_not_found_exception", name)
        if kind in _KINDS:
            several, one = _KINDS[kind]
            if kind == "_index_template":
                stored["data_stream"] |= {"hidden": False, "allow_custom_routing": False}
            return Answer(200, {several: [{"name": name, one: stored}]})
        if kind == "_security/role":
            for index in stored["indices"]:
                index["allow_restricted_indices"] = False
            return Answer(200, {name: {**stored, "run_as": [], "transient_metadata": {"enabled": True}}})
        return Answer(200, {name: {**stored, "version": 1, "modified_date": "2026-11-25T10:00:00Z", "in_use_by": {}}})

    def _resolve(self, name: str) -> Answer:
        if name not in self.streams and name not in self.indices:
            return _error(404, "index_not_found_exception", f"no such index [{name}]")
        streams = [
            {"name": stream, "backing_indices": indices, "timestamp_field": "@timestamp"}
            for stream, indices in self.streams.items()
            if stream == name
        ]
        indices = [] if streams else [{"name": name, "attributes": ["open"]}]
        return Answer(200, {"indices": indices, "aliases": [], "data_streams": streams})

    def _write(self, method: str, path: str, body: Any) -> Answer:
        kind, _, name = path.strip("/").rpartition("/")
        if kind == "_data_stream":
            self.streams[name] = []
            self._new_index(name)
        elif name == "_rollover":
            self._new_index(kind)
        else:
            assert method == "PUT"
            if kind == "_index_template":
                lacking = set(body["composed_of"]) - set(body["ignore_missing_component_templates"])
                lacking -= {known.rpartition("/")[2] for known in self.objects}
                if lacking:
                    reason = f"specifies component templates {sorted(lacking)} that do not exist"
                    return _error(400, "invalid_index_template_exception", reason)
            self.objects[path] = body
            if kind == "_security/role":
                return Answer(200, {"role": {"created": True}})
        return Answer(200, {"acknowledged": True})

    def _new_index(self, stream: str) -> None:
        (template,) = (body for path, body in self.objects.items() if path.startswith("/_index_template/"))
        mappings = [
            self.objects[f"/_component_template/{name}"]["template"].get("mappings", {})
            for name in template["composed_of"]
            if f"/_component_template/{name}" in self.objects
        ]
        index = f".ds-{stream}-2026.11.25-{len(self.streams[stream]) + 1:06}"
        self.streams[stream].append(index)
        self.indices[index] = {name: value for mapping in mappings for name, value in mapping.items()}


def _error(status: int, kind: str, reason: str) -> Answer:
    cause = {"type": kind, "reason": reason}
    return Answer(status, {"error": {"root_cause": [cause], **cause}, "status": status})


@contextmanager
def stub_elasticsearch() -> Iterator[StubElasticsearch]:
    """Serve until the end of the block."""

    def answer(method: str, path: str, headers: Message, content: bytes) -> stub_server.Answer | None:
        return server.answer(method, path, headers.get("Authorization", ""), json.loads(content) if content else None)

    with stub_server.serving(answer) as address:
        server = StubElasticsearch(address)
        yield server
