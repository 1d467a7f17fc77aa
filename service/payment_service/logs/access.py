"""One line for each request, under the request's id; as pure ASGI middleware."""

from __future__ import annotations

import re
import uuid
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from structlog.contextvars import bind_contextvars, clear_contextvars

from payment_catalog.http_metrics import CLIENT_CLOSED_REQUEST, HTTP_METHODS, OTHER_METHOD
from payment_service.instrumentation.trace import current_trace
from payment_service.logs.cards import find_cards
from payment_service.logs.credentials import TRUNCATED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-ID"
LONGEST_PATH = 256
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SERVER_ERROR = 500
#: Words by which people on call search the log. What a client sends must not be found by them.
_SEARCHED = re.compile(r"ERROR|failed|rate limit")

log = structlog.get_logger()


class AccessLog:
    """Gives each request an id, which its lines carry and its response sends back, and writes a line at its end.

    The id is the client's ``X-Request-ID`` where that is 1 to 64 letters, digits, dots, dashes and underscores, else a
    new one. ``template`` returns the template of a request that was routed. Paths in ``excluded`` are not logged.
    Stands within the middleware that gives a request its trace.
    """

    def __init__(self, app: ASGIApp, template: Callable[[Scope], str], excluded: Collection[str] = ()) -> None:
        self._app = app
        self._template = template
        self._excluded = frozenset(excluded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; scopes of other types pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(request_id_of(scope), receive, send)
        clear_contextvars()
        bind_contextvars(request_id=exchange.request_id, **_trace_fields())
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            log.exception("unhandled exception")
            raise
        finally:
            if scope["path"] not in self._excluded:
                self._log(scope, exchange)
            clear_contextvars()

    def _log(self, scope: Scope, exchange: _Exchange) -> None:
        client = scope.get("client")
        status = exchange.status
        write = log.error if status >= _SERVER_ERROR else log.info
        write(
            "request",
            method=scope["method"] if scope["method"] in HTTP_METHODS else OTHER_METHOD,
            path=shown_path(scope["path"]),
            route=self._template(scope),
            status=status,
            duration_ms=round((perf_counter() - exchange.started) * 1000, 3),
            bytes=exchange.sent,
            client=unsearched(client[0]) if client else None,
        )


class _Exchange:
    """What passes between client and application."""

    def __init__(self, request_id: str, receive: Receive, send: Send) -> None:
        self.request_id = request_id
        self.started = perf_counter()
        self.sent = 0
        self._receive, self._send = receive, send
        self._status: int | None = None
        self._left = False

    @property
    def status(self) -> int:
        """What was sent; where nothing was, whose fault it is."""
        return self._status or (CLIENT_CLOSED_REQUEST if self._left else _SERVER_ERROR)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._status is None:
            self._left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message.setdefault("headers", [])
            MutableHeaders(scope=message)[REQUEST_ID_HEADER] = self.request_id
        elif message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
        await self._send(message)


def request_id_of(scope: Scope) -> str:
    """Return the client's id of the request, or a new one where it sent none that may stand in every line."""
    sent = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    if _REQUEST_ID.fullmatch(sent) and not _SEARCHED.search(sent) and not find_cards(sent):
        return sent
    return uuid.uuid4().hex


def shown_path(path: str) -> str:
    """Return ``path`` where it has at most 256 characters, else its first segments."""
    if len(path) > LONGEST_PATH:
        # Not a part of a segment, nor of digits: half a secret or card number would not be known as one.
        path = path[:LONGEST_PATH].rpartition("/")[0].rstrip("0123456789/") + f"/{TRUNCATED}"
    return unsearched(path)


def unsearched(text: str) -> str:
    """Return ``text``, the words by which the log is searched with their first letter encoded.

    That changes no URL (RFC 3986, 2.3).
    """
    return _SEARCHED.sub(lambda word: f"%{ord(word[0][0]):02X}{word[0][1:]}", text)


def _trace_fields() -> dict[str, Any]:
    trace = current_trace()
    return {"trace_id": trace.trace_id, "span_id": trace.span_id} if trace else {}
