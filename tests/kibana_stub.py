"""A Kibana as its API for saved objects is documented: it keeps what it is sent, and refuses what Kibana refuses.

Canned answers come before its own. Every request is noted.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from stub_server import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from urllib.parse import SplitResult

KEY = "a2liYW5hLWlkOmtpYmFuYS1rZXk="
PREFIX = "/monitoring/kibana"
EXPORT = "/api/saved_objects/_export"
_STATUS = {"name": "kibana", "version": {"number": "8.19.1"}, "status": {"overall": {"level": "available"}}}


@dataclass
class StubKibana:
    """The state behind the server: spaces, and the objects in each by type and id."""

    url: str
    spaces: dict[str, dict[tuple[str, str], Any]] = field(default_factory=lambda: {"": {}})
    status: Any = field(default_factory=lambda: dict(_STATUS))
    canned: dict[str, Answer] = field(default_factory=dict)
    imports: int = 0

    def answer(self, method: str, url: str, headers: Any, content: bytes) -> Answer:
        parts = urlsplit(url)
        space, path = _space(parts.path.removeprefix(PREFIX))
        if path in self.canned:
            return self.canned[path]
        if headers.get("Authorization") != f"ApiKey {KEY}":
            return _error(401, "Unauthorized", "unable to authenticate with provided credentials")
        known = {("GET", "/api/status"), ("POST", "/api/saved_objects/_import"), ("POST", EXPORT)}
        if space not in self.spaces or (method, path) not in known:
            return _error(404, "Not Found", "Not Found")
        if method == "GET":
            return Answer(200, self.status)
        return self._post(space, parts, headers, content)

    def _post(self, space: str, parts: SplitResult, headers: Any, content: bytes) -> Answer:
        if "kbn-xsrf" not in headers:
            return _error(400, "Bad Request", "Request must contain a kbn-xsrf header.")
        if parts.path.endswith(EXPORT):
            return self._export(space, json.loads(content))
        assert parse_qs(parts.query) == {"overwrite": ["true"]}
        self.imports += 1
        return Answer(200, self._import(space, _uploaded(headers["Content-Type"], content)))

    def _export(self, space: str, asked: dict[str, Any]) -> Answer:
        assert asked["excludeExportDetails"]
        stored = self.spaces[space]
        keys = [(each["type"], each["id"]) for each in asked["objects"]]
        lost = [
            {"type": kind, "id": id_, "error": {"statusCode": 404, "error": "Not Found", "message": "not found"}}
            for kind, id_ in keys
            if (kind, id_) not in stored
        ]
        if lost:
            refusal = {"statusCode": 400, "error": "Bad Request", "message": "Error fetching objects to export"}
            return Answer(400, {**refusal, "attributes": {"objects": lost}})
        lines = [
            json.dumps({**stored[key], "updated_at": "2026-11-25T10:00:00Z", "version": "WzEsMV0="}) for key in keys
        ]
        return Answer(200, "\n".join(lines).encode(), {"Content-Type": "application/ndjson"})

    def _import(self, space: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
        stored = self.spaces[space]
        known = stored.keys() | {(each["type"], each["id"]) for each in objects}
        done, failed = [], []
        for each in objects:
            key = (each["type"], each["id"])
            lost = [one for one in each["references"] if (one["type"], one["id"]) not in known]
            if lost:
                failed.append(
                    {"type": key[0], "id": key[1], "error": {"type": "missing_references", "references": lost}}
                )
                continue
            result: dict[str, Any] = {"type": key[0], "id": key[1], "meta": {"title": each["attributes"]["title"]}}
            if key in stored:
                result["overwrite"] = True
            elsewhere = any(key in others for name, others in self.spaces.items() if name != space)
            if elsewhere:
                result["destinationId"] = f"new-{key[1]}"
            stored[key[0], result.get("destinationId", key[1])] = each
            done.append(result)
        answer = {"success": not failed, "successCount": len(done), "warnings": []}
        return answer | ({"successResults": done} if done else {}) | ({"errors": failed} if failed else {})


def _space(path: str) -> tuple[str, str]:
    if path.startswith("/s/"):
        space, _, rest = path.removeprefix("/s/").partition("/")
        return space, f"/{rest}"
    return "", path


def _uploaded(content_type: str, content: bytes) -> list[dict[str, Any]]:
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content)
    (part,) = message.get_payload()
    assert part.get_param("name", header="content-disposition") == "file"
    assert str(part.get_filename()).endswith(".ndjson")  # Kibana refuses every other ending
    return [json.loads(line) for line in part.get_payload(decode=True).decode().splitlines()]


def _error(status: int, error: str, message: str) -> Answer:
    return Answer(status, {"statusCode": status, "error": error, "message": message})


@contextmanager
def stub_kibana() -> Iterator[StubKibana]:
    """Serve a Kibana below a path until the end of the block."""

    def answer(method: str, url: str, headers: Message, content: bytes) -> Answer:
        return kibana.answer(method, url, headers, content)

    with serving(answer) as address:
        kibana = StubKibana(f"{address}{PREFIX}")
        yield kibana
