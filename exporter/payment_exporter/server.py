"""The exporter's HTTP server."""

from __future__ import annotations

import html
import logging
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
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


class ExporterServer(ThreadingMixIn, TCPServer):
    """Serves the metrics, ``/-/healthy`` and a landing page.

    Raises OSError where the address cannot be used. Not an ``http.server.HTTPServer``, which asks the name
    service for the host's name when it starts and may wait long for an answer.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry, telemetry_path: str) -> None:
        self.registry = registry
        self.telemetry_path = telemetry_path
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that ended badly, in one line."""
        del request
        log.warning("request failed client=%s reason=%r", client_address[0], sys.exception())


class _Handler(BaseHTTPRequestHandler):
    server: ExporterServer
    server_version = "payment-exporter"
    sys_version = ""
    timeout = _SOCKET_TIMEOUT

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == self.server.telemetry_path:
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            self._answer(encode(self.server.registry), content_type)
        elif path == "/-/healthy":
            self._answer(b"ok\n", "text/plain; charset=utf-8")
        elif path == "/":
            self._answer(
                _LANDING.format(path=html.escape(self.server.telemetry_path)).encode(), "text/html; charset=utf-8"
            )
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815 - the base's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        log.debug(format, *args)

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
