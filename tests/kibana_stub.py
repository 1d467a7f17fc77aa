"""A Kibana as its API for saved objects is documented: it keeps what it is sent, and refuses what Kibana refuses.

Canned answers come before its own. Every request is noted.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "a2liYW5hLWlkOmtpYmFuYS1rZXk="
PREFIX = "/monitoring/kibana"
_STATUS = {"name": "kibana", "version": {"number": "8.19.1"}, "status": {"overall": {"level": "available"}}}


@dataclass
class Answer:
    """What the server says; ``body`` as JSON unless it is bytes. It waits for ``after`` before it says anything."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: threading.Event | None = None


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
        known = {("GET", "/api/status"), ("POST", "/api/saved_objects/_import")}
        if space not in self.spaces or (method, path) not in known:
            return _error(404, "Not Found", "Not Found")
        if method == "GET":
            return Answer(200, self.status)
        if "kbn-xsrf" not in headers:
            return _error(400, "Bad Request", "Request must contain a kbn-xsrf header.")
        assert parse_qs(parts.query) == {"overwrite": ["true"]}
        self.imports += 1
        return Answer(200, self._import(space, _uploaded(headers["Content-Type"], content)))

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

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = kibana.answer(self.command, self.path, self.headers, content)
            if answer.after is not None:
                answer.after.wait(30)
            payload = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            with suppress(OSError):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

        def log_request(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kibana = StubKibana(f"http://127.0.0.1:{server.server_address[1]}{PREFIX}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kibana
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
