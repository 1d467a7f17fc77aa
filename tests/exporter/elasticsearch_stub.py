"""A server that answers as Elasticsearch does, or as it must not."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator, Mapping
    from email.message import Message

#: Stands in every answer that must not be quoted.
MARK = "Zebra-4417"
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
JSON = {"Content-Type": "application/vnd.elasticsearch+json;compatible-with=8", **PRODUCT}
HTML = {"Content-Type": "text/html"}
HEALTH = {
    "cluster_name": MARK,
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 3,
    "active_shards": 8,
    "unassigned_shards": 0,
    "number_of_pending_tasks": 2,
}
SHARDS = {"total": 4, "successful": 4, "skipped": 1, "failed": 0}
COUNTED = {
    "took": 3,
    "timed_out": False,
    "_shards": SHARDS,
    "hits": {"max_score": None, "hits": []},
    "aggregations": {"lines": {"buckets": [{"doc_count": number} for number in (1, 2, 3, 4)]}},
    "status": 200,
}
NEWEST = {
    "took": 1,
    "timed_out": False,
    "_shards": SHARDS,
    "hits": {"max_score": None, "hits": [{"_index": MARK, "_id": MARK, "_score": None, "sort": [1_700_000_000_250]}]},
    "status": 200,
}
REFUSED = {"error": {"type": "search_phase_execution_exception", "reason": MARK, "root_cause": []}, "status": 503}

_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Answer:
    """What the stub sends."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)


def answer(document: object, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Answer:
    return Answer(json.dumps(document).encode(), status, {**JSON, **headers})


def searched(*responses: object) -> Answer:
    return answer({"took": 4, "responses": responses})


@dataclass
class Stub:
    """Answers as it is told, and notes what it was sent."""

    url: str = ""
    health: Answer | None = field(default_factory=lambda: answer(HEALTH))
    search: Answer | None = field(default_factory=lambda: searched(COUNTED, NEWEST))
    requests: list[Message] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def authorizations(self) -> set[str | None]:
        return {headers.get("Authorization") for headers in self.requests}


@contextmanager
def stub_server(context: ssl.SSLContext | None = None) -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def do_GET(self) -> None:
            self._reply(stub.health)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(stub.search)

        def _reply(self, told: Answer | None) -> None:
            stub.requests.append(self.headers)
            if told is None:
                stub.ended.wait(30)
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *arguments: object) -> None:
            """Say nothing of clients that go away."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        stub.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield stub
        finally:
            stub.ended.set()
            server.shutdown()
            thread.join()


def trickle(server: socket.socket, ended: threading.Event) -> None:
    server.settimeout(30)
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(500):
            connection.sendall(b" ")
            if ended.wait(0.02):
                return
