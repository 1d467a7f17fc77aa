"""Requests that look like an attack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog

from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from payment_service.metrics import ServiceMetrics

#: What scanners ask for first: files of other software, dot files, climbing out of a directory.
_PROBES = re.compile(
    r"/\.(env|git|aws|ssh|ht)|wp-(login|admin)|xmlrpc|phpmyadmin|\.php\b|\.(asp|cgi|jsp)\b|/(admin|actuator|solr)\b|"
    r"\.\./|%2e%2e|/etc/passwd",
    re.IGNORECASE,
)

log = structlog.get_logger()


class SecurityWatch:
    """Counts and logs path scans, as pure ASGI middleware; it refuses nothing."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and _PROBES.search(scope.get("raw_path", b"").decode("latin-1") or scope["path"]):
            self._metrics.security_event(SecurityEvent.PATH_SCAN)
            log.warning("suspicious path", security_event=SecurityEvent.PATH_SCAN, client=client_address(scope))
        await self._app(scope, receive, send)


def client_address(scope: Scope) -> str:
    """Return the address that the request came from."""
    client = scope.get("client")
    return client[0] if client else "unknown"
