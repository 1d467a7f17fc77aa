"""Stands for Slack, PagerDuty and a webhook; refuses what they would refuse, and keeps the rest."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from types import TracebackType

SLACK_PATH = "/services/T0/B0/a-secret-of-the-end-to-end-tests"
ROUTING_KEY = "r0utingkey0of0the0end0to0end0tests"
TOKEN = "a-token-of-the-end-to-end-tests"

_LINK = {"type": "string", "pattern": r"^https?://[^\s<>|]+$", "maxLength": 3000}


def _text(longest: int, shortest: int = 1) -> dict[str, Any]:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: dict[str, Any], longest: int) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": longest}


#: An incoming webhook with one attachment, after Slack's reference of secondary attachments.
SLACK = _object(
    {
        "channel": {"type": "string", "pattern": "^[#@]"},
        "attachments": _list(
            _object(
                {
                    "title": _text(300),
                    "title_link": _LINK,
                    "text": _text(4000),
                    "fallback": _text(300),
                    "color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
                    "fields": _list(
                        _object({"title": _text(40), "value": _text(300), "short": {"type": "boolean"}}), 10
                    ),
                    "actions": _list(_object({"type": {"const": "button"}, "text": _text(30), "url": _LINK}), 5),
                    "mrkdwn_in": {"type": "array"},
                },
                {name: {"type": "string"} for name in ("callback_id", "footer", "pretext", "image_url", "thumb_url")},
            ),
            1,
        ),
    },
    {name: {"type": "string"} for name in ("username", "icon_emoji", "icon_url")},
)

#: An event of PagerDuty's Events API v2.
PAGERDUTY = _object(
    {
        "routing_key": {"const": ROUTING_KEY},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": _text(255),
        "payload": _object(
            {
                "summary": _text(1024),
                "source": _text(255),
                "severity": {"enum": ["critical", "error", "warning", "info"]},
            },
            {
                **{name: _text(255) for name in ("class", "component", "group")},
                "custom_details": {"type": "object"},
            },
        ),
    },
    {
        "client": _text(255),
        "client_url": _LINK,
        "links": _list(_object({"href": _LINK, "text": _text(255)}), 10),
        "images": {"type": "array"},
    },
)

#: Alertmanager's own message, version 4.
WEBHOOK = {
    "type": "object",
    "properties": {
        "version": {"const": "4"},
        "status": {"enum": ["firing", "resolved"]},
        "alerts": {"type": "array", "minItems": 1},
    },
    "required": ["version", "status", "alerts", "groupKey", "receiver", "commonLabels", "externalURL"],
}

_KINDS = {
    SLACK_PATH: ("slack", SLACK, None, 200),
    "/v2/enqueue": ("pagerduty", PAGERDUTY, None, 202),
    "/webhook": ("webhook", WEBHOOK, f"Bearer {TOKEN}", 200),
}


@dataclass
class Inboxes:
    """An HTTP server on ``port``. ``refused`` says why a message was not taken."""

    port: int
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __enter__(self) -> Inboxes:
        inboxes = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(inboxes.take(self.path, self.headers.get("Authorization"), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, path: str, authorization: str | None, body: bytes) -> int:
        """Keep a message, or say why not; return the status of the answer."""
        if path not in _KINDS:
            self.refused.append(f"nobody lives at {path}")
            return 404
        kind, schema, wanted, status = _KINDS[path]
        if authorization != wanted:
            self.refused.append(f"{path} was called with {authorization}")
            return 401
        try:
            message = json.loads(body)
            jsonschema.validate(message, schema)
        except (ValueError, jsonschema.ValidationError) as error:
            self.refused.append(f"{path}: {error}")
            return 400
        self.messages.append((kind, message))
        return status

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return what has arrived in the inbox ``slack``, ``pagerduty`` or ``webhook``, the oldest first."""
        return [message for name, message in list(self.messages) if name == kind]
