"""Serves the application with one or several worker processes."""

from __future__ import annotations

import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from payment_service.server.draining import DrainingServer
from payment_service.server.options import ServerOptions, run
from payment_service.server.slow_clients import ClientLimits
from payment_service.server.supervisor import Supervisor
from payment_service.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

__all__ = ["ClientLimits", "serve"]


def serve(  # noqa: PLR0913 - each is a setting of its own
    application: str | Callable[[], ASGIApp],
    host: str,
    port: int,
    *,
    workers: int = 1,
    notice_seconds: float = 0,
    drain_seconds: int = 20,
    idle_seconds: int = 5,
    most_connections: int | None = None,
    clients: ClientLimits | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, and until the requests that are under way have been answered.

    ``application`` names what makes the application, as ``module:factory``; with one worker it may be a callable.
    ``notice_seconds`` is how long it goes on after SIGTERM while it says that it is not ready any more,
    ``drain_seconds`` the time that requests have to end after that, ``idle_seconds`` how long a
    connection is kept for a next request. With ``most_connections``, those beyond are answered with 503, in each
    worker.

    With more than one worker, each is a process of its own, which is started again when it dies; what they count
    is shown as one by whichever is asked. Raises ConfigurationError when the port cannot be had, and SystemExit
    when the application cannot be started.
    """
    options = ServerOptions(
        application, notice_seconds, drain_seconds, idle_seconds, most_connections, clients=clients or ClientLimits()
    )
    with _listen(host, port, options.waiting_connections) as listener:
        if workers == 1:
            run(DrainingServer(options.uvicorn_config(), options.notice_seconds), listener)
        else:
            _serve_with_workers(options, listener, workers)


def _listen(host: str, port: int, waiting_connections: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(waiting_connections)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigurationError(f"{host}:{port}: {error.strerror}; choose another with --port") from None
    return listener


def _serve_with_workers(options: ServerOptions, listener: socket.socket, workers: int) -> None:
    try:
        directory = tempfile.TemporaryDirectory(prefix="payment-service-metrics-", ignore_cleanup_errors=True)
    except OSError as error:
        raise ConfigurationError(f"no directory for the workers' metrics: {error.strerror}; set TMPDIR") from None
    with directory as path:
        code = Supervisor(options, listener, workers, Path(path)).run()
    if code:
        sys.exit(code)
