"""Serves an ASGI application as Prometheus' exporters serve theirs."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from payment_catalog.errors import ForeseenError
from payment_exporter.web.authentication import BasicAuthentication
from payment_exporter.web.configuration import TlsServer, WebConfiguration, load_web_configuration
from payment_exporter.web.connections import ConnectionLimits, LimitedProtocol
from payment_exporter.web.freshness import Fresh, stamp
from payment_exporter.web.headers import ExtraHeaders
from payment_exporter.web.listener import Listener
from payment_exporter.web.rate_limit import RateLimiter
from payment_exporter.web.tls import following_context

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

log = logging.getLogger(__name__)

_TLS_SECONDS = 10.0


class WebServer:
    """A server that listens as soon as it is made, and serves when it is run.

    ``configuration_file`` is exporter-toolkit's; without one it is plain HTTP for everybody. Who changes the file,
    or the certificates that it names, need not restart it, unless TLS is turned on or off.
    ``on_hangup`` is called on the event loop at SIGHUP. After SIGTERM and SIGINT answers under way are finished, as
    far as ``limits.grace_seconds`` and a second signal allow.

    Raises OSError where the address cannot be used, ForeseenError for a file that cannot be used.
    """

    def __init__(
        self,
        app: ASGIApp,
        address: tuple[str, int],
        configuration_file: Path | None = None,
        *,
        limits: ConnectionLimits | None = None,
        on_hangup: Callable[[], None] | None = None,
    ) -> None:
        limits = limits or ConnectionLimits()
        configuration = _followed(configuration_file) if configuration_file else WebConfiguration
        self.scheme = "https" if configuration().tls_server_config else "http"
        config = uvicorn.Config(
            _guarded(app, configuration),
            http=_protocol(limits, configuration),
            ws="none",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=limits.grace_seconds,
        )
        if self.scheme == "https":
            context = following_context(lambda: _tls(configuration()))
            config.ssl_context_factory = lambda _config, _default: context
        self._server = _Server(config, on_hangup)
        self._listener = Listener(address, limits.connections)
        host, port = self._listener.getsockname()[:2]
        self.address: tuple[str, int] = (host, port)
        """Where it listens; the port that was found where 0 was asked for."""

    def run(self) -> None:
        """Serve until a signal or :meth:`stop`. Signals are heard in the main thread only."""
        log.info("listening address=%s scheme=%s", _shown(self.address), self.scheme)
        # Not uvicorn's lines for people, nor its warnings that any client can cause; each request at level debug.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        logging.getLogger("uvicorn.access").setLevel(
            logging.INFO if log.isEnabledFor(logging.DEBUG) else logging.WARNING
        )
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(self._server.serve(sockets=[self._listener]))
        finally:
            self._listener.close()
        log.info("stopped address=%s", _shown(self.address))

    def stop(self) -> None:
        """Have it end as SIGTERM does; from any thread."""
        self._server.end()


class _Server(uvicorn.Server):
    """uvicorn's server with signals handled on the event loop, which does not die of them when it has ended."""

    def __init__(self, config: uvicorn.Config, on_hangup: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_hangup = on_hangup

    def end(self) -> None:
        """Take no more requests; said twice, do not wait for those under way either."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals meanwhile."""
        handlers = {signal.SIGTERM: self.end, signal.SIGINT: self.end}
        if self._on_hangup is not None:
            handlers[signal.SIGHUP] = self._on_hangup
        if threading.current_thread() is not threading.main_thread():
            handlers = {}
        loop = asyncio.get_running_loop()
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and leave clients that are still there when the time is over."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that gives TLS handshakes and farewells less time than asyncio's 60 and 30 s."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        if options.get("ssl"):
            options |= {"ssl_handshake_timeout": _TLS_SECONDS, "ssl_shutdown_timeout": _TLS_SECONDS}
        return await super().create_server(*arguments, **options)


def _followed(file: Path) -> Fresh[WebConfiguration]:
    """Return the configuration as the file has it, as long as it says of TLS what it said at first."""
    with_tls = load_web_configuration(file).tls_server_config is not None

    def load() -> WebConfiguration:
        configuration = load_web_configuration(file)
        if (configuration.tls_server_config is not None) != with_tls:
            raise ForeseenError(f"{file}: tls_server_config: TLS is turned on or off by a restart only")
        return configuration

    return Fresh("web.config.file", lambda: stamp(file), load)


def _tls(configuration: WebConfiguration) -> TlsServer:
    assert configuration.tls_server_config is not None  # noqa: S101 - see _followed
    return configuration.tls_server_config


def _guarded(app: ASGIApp, configuration: Callable[[], WebConfiguration]) -> ASGIApp:
    """Put the configured guards before the application; all of them follow the file."""
    app = BasicAuthentication(app, lambda: configuration().password_hashes)
    app = RateLimiter(app, lambda: configuration().rate_limit)
    return ExtraHeaders(app, lambda: configuration().http_server_config.headers)


def _protocol(limits: ConnectionLimits, configuration: Callable[[], WebConfiguration]) -> type[asyncio.Protocol]:
    """Return what uvicorn calls to make a protocol."""

    def allowed_names() -> Collection[str] | None:
        tls = configuration().tls_server_config
        return tls.client_allowed_sans if tls else None

    return cast("type[asyncio.Protocol]", partial(LimitedProtocol, limits, allowed_names))


def _shown(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
