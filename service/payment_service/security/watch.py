"""Requests for paths that only scanners ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from payment_service.security.events import SecurityEvents

#: What scanners ask for first: files of other software, dot files, climbing out of a directory.
_PROBES = re.compile(
    r"/\.(env|git|aws|ssh|ht)|wp-(login|admin)|xmlrpc|phpmyadmin|\.php\b|\.(asp|cgi|jsp)\b|/(admin|actuator|solr)\b|"
    r"\.\./|%2e%2e|/etc/passwd",
    re.IGNORECASE,
)


class SecurityWatch:
    """Reports path scans, as pure ASGI middleware; it refuses nothing."""

    def __init__(self, app: ASGIApp, events: SecurityEvents) -> None:
        self._app = app
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and _PROBES.search(scope.get("raw_path", b"").decode("latin-1") or scope["path"]):
            self._events.path_scan(client_address(scope))
        await self._app(scope, receive, send)


def client_address(scope: Scope) -> str:
    """Return the address that the request came from."""
    client = scope.get("client")
    return client[0] if client else "unknown"
