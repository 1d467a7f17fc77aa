"""The exporter's HTTP server."""

from __future__ import annotations

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = logging.getLogger(__name__)

_LANDING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Payment exporter</title></head>
<body><h1>Payment exporter</h1><p><a href="{path}">Metrics</a></p></body></html>
"""
_SOCKET_TIMEOUT = 30


class ExporterServer(ThreadingHTTPServer):
    """Serves the metrics, ``/-/healthy`` and a landing page."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry, telemetry_path: str) -> None:
        self.registry = registry
        self.telemetry_path = telemetry_path
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: ExporterServer
    timeout = _SOCKET_TIMEOUT

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == self.server.telemetry_path:
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            self._answer(encode(self.server.registry), content_type)
        elif path == "/-/healthy":
            self._answer(b"ok\n", "text/plain; charset=utf-8")
        elif path == "/":
            self._answer(_LANDING.format(path=self.server.telemetry_path).encode(), "text/html; charset=utf-8")
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        log.debug(format, *args)

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
