"""The debug port's HTTP server: on loopback, in threads of its own, so that it answers while the loop is blocked."""

from __future__ import annotations

import errno
import logging
import re
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from payment_catalog.errors import ForeseenError
from payment_service.debug.endpoints import Answer, Endpoints, refusal
from payment_service.debug.query import quote
from payment_service.debug.stacks import OWN_THREADS
from payment_service.debug.switching import PROMPT_SWITCHING

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_MAX_REQUESTS = 8
_SOCKET_TIMEOUT = 10
_STOP_TIMEOUT = 5
_LOCAL_NAME = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_TOO_MANY = b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\ntoo many requests at once\n"


class DebugPortError(ForeseenError):
    """The debug port cannot be opened."""


class DebugServer:
    """Serves profiles of this process and of ``loop`` on 127.0.0.1, never on another address.

    ``port`` 0 takes any free port. With ``tries`` above 1 the first free one of ``port``, ``port + 1``, ... is
    taken, for several workers on one machine. It cannot answer while C code keeps the interpreter's lock.
    """

    def __init__(self, port: int, loop: asyncio.AbstractEventLoop, *, tries: int = 1) -> None:
        self._ports = range(port, min(port + max(tries, 1), 65536)) if port else range(1)
        self._loop = loop
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is open; raises RuntimeError before the start."""
        if self._server is None:
            raise RuntimeError("the debug server has not been started")
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Open the port and answer until ``stop``; raises DebugPortError, which names the setting."""
        if self._server is not None:
            raise RuntimeError("the debug server has been started already")
        self._stopping.clear()
        self._server = self._bind(Endpoints(self._loop, self._stopping))
        self._thread = threading.Thread(target=self._server.serve_forever, name=OWN_THREADS, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port, cut profiles short and wait a little for requests to end."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is None or thread is None:
            return
        self._stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(_STOP_TIMEOUT)
        server.wait_for_requests(_STOP_TIMEOUT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _bind(self, endpoints: Endpoints) -> _Server:
        for port in self._ports:
            try:
                return _Server(port, endpoints)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise DebugPortError(f"{HOST}:{port}: {error.strerror}; choose another with DEBUG_PORT") from None
        first, last = self._ports[0], self._ports[-1]
        ports = f"{HOST}:{first}" if first == last else f"{HOST}:{first} to {last}"
        raise DebugPortError(f"{ports}: already in use; choose another with DEBUG_PORT")


class _Server(ThreadingMixIn, TCPServer):
    """Not an ``http.server.HTTPServer``, which asks the name service for the host's name and may wait long."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 16

    def __init__(self, port: int, endpoints: Endpoints) -> None:
        self.endpoints = endpoints
        self._free = threading.BoundedSemaphore(_MAX_REQUESTS)
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, or refuse when there are too many."""
        if not self._free.acquire(blocking=False):
            request.settimeout(1)
            request.sendall(_TOO_MANY)
            self.shutdown_request(request)
            return
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name=f"{OWN_THREADS}-request",
            daemon=True,
        )
        try:
            with PROMPT_SWITCHING:
                thread.start()
        except RuntimeError:  # the system gives no more threads
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for the next."""
        try:
            with PROMPT_SWITCHING:
                super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that ended badly, without the error's text: it may quote a value."""
        del request, client_address
        log.warning("debug request failed error=%s", type(sys.exception()).__name__)

    def wait_for_requests(self, seconds: float) -> None:
        """Return when no request is being answered, or after some seconds."""
        deadline = time.monotonic() + seconds
        for _ in range(_MAX_REQUESTS):
            self._free.acquire(timeout=max(0, deadline - time.monotonic()))


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "payment-debug"
    sys_version = ""
    timeout = _SOCKET_TIMEOUT

    def do_GET(self) -> None:
        answer = self._refuse() or self._answer()
        log.info("debug request status=%d", answer.status)
        self._send(answer)

    def _refuse_method(self) -> None:
        self._send(refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"method {quote(self.command)}; allowed: GET"))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815 - the base's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Log nothing of what a client sends."""

    def _refuse(self) -> Answer | None:
        """Return the answer to a request that did not come from this machine's own tools.

        A web page whose name resolves to 127.0.0.1 (DNS rebinding) sends its own name as Host; one that asks for
        localhost outright is given away by Sec-Fetch-Site.
        """
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or not _LOCAL_NAME.fullmatch(hosts[0].strip()):
            found = quote(", ".join(hosts)) if hosts else "nothing"
            return refusal(HTTPStatus.FORBIDDEN, f"Host: found {found}; allowed: localhost, 127.0.0.1, [::1]")
        if self.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            return refusal(HTTPStatus.FORBIDDEN, "Sec-Fetch-Site: allowed: none, same-origin")
        return None

    def _answer(self) -> Answer:
        try:
            parts = urlsplit(self.path)
            if parts.scheme or parts.netloc:
                return refusal(HTTPStatus.BAD_REQUEST, "the request's target is not a path")
            return self.server.endpoints.answer(parts.path, parts.query)
        except Exception as error:  # its text may quote a value, its type does not
            log.warning("debug request failed error=%s", type(error).__name__)
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"the profile failed: {type(error).__name__}")

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if answer.filename:
            self.send_header("Content-Disposition", f'attachment; filename="{answer.filename}"')
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
