"""How the service is served, and the uvicorn server that follows."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.importer import import_from_string

from payment_service.server.slow_clients import ClientLimits, RequestDeadline, guarded

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What each worker needs to know; see :func:`payment_service.server.serve`."""

    application: str | Callable[[], ASGIApp]
    notice_seconds: float = 0
    drain_seconds: int = 20
    idle_seconds: int = 5
    most_connections: int | None = None
    waiting_connections: int = 2048
    clients: ClientLimits = ClientLimits()  # noqa: RUF009 - it is frozen

    def to_json(self) -> str:
        """Return what ``from_json`` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ServerOptions:
        """Return the options that ``to_json`` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**values | {"clients": ClientLimits(**values["clients"])})

    def uvicorn_config(self) -> uvicorn.Config:
        """Return uvicorn's configuration; the application is made when the server starts."""
        return uvicorn.Config(
            self._create_application,
            factory=True,
            http=guarded(self.clients),
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=self.waiting_connections,
            limit_concurrency=self.most_connections,
            timeout_keep_alive=self.idle_seconds,
            timeout_graceful_shutdown=self.drain_seconds,
        )

    def _create_application(self) -> ASGIApp:
        application: ASGIApp = import_from_string(self.application)()
        return RequestDeadline(application, self.clients.body_seconds)


def run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run ``server`` until SIGTERM or SIGINT, and return; uvicorn alone would raise the signal once more."""
    previous = {number: signal.signal(number, server.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
