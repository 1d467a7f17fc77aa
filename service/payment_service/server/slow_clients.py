"""Time-outs and limits for clients that send or read slowly, on purpose or not.

Of its own, uvicorn (0.54) only closes a connection that idles after a response: one that sends nothing, its head
or its body byte by byte, or never reads its answer, is kept for ever, and httptools sets no limit to a head.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What a client may take: seconds until its head, then its body has arrived, until it reads on; bytes of a head."""

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    read_seconds: float = 30.0
    head_bytes: int = 64 * 1024


class RequestDeadline:
    """Answers 408 when a request's body has not arrived in time, as pure ASGI middleware."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. The application's own handler of HTTP errors writes the answer, where it has one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + self._seconds
        arrived = answered = False

        async def receive_in_time() -> Message:
            nonlocal arrived
            if arrived:  # what follows is that the client leaves, which may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers={"Connection": "close"}) from None
            arrived = not message.get("more_body", False)
            return message

        async def watched_send(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive_in_time, watched_send)
        except HTTPException as error:
            if answered or error.status_code != HTTPStatus.REQUEST_TIMEOUT:
                raise
            await PlainTextResponse(error.detail, error.status_code, error.headers)(scope, receive, send)


class _Awaited(Enum):
    """What of a request the server waits for."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


#: How much later than RequestDeadline the connection itself ends: for applications that do not read the body.
_BODY_GRACE_SECONDS = 1.0


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the limits of a client. ``limits`` is set by a subclass, see :func:`guarded`."""

    limits = ClientLimits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first head."""
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._await(_Awaited.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._await(_Awaited.NOTHING)
        self._stop_reading_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; whatever comes behind a whole request begins a head, empty lines as well."""
        if self._awaited is _Awaited.NOTHING:
            self._await(_Awaited.HEAD)
        within_head = self._awaited is _Awaited.HEAD
        super().data_received(data)
        if within_head and self._awaited is _Awaited.HEAD and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Note that a head begins, maybe right behind another request."""
        if self._awaited is not _Awaited.HEAD:
            self._await(_Awaited.HEAD)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._await(_Awaited.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing; uvicorn ends connections that idle."""
        self._await(_Awaited.NOTHING)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to another protocol."""
        self._await(_Awaited.NOTHING)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Give the client a time to read what waits for it."""
        super().pause_writing()
        self._stop_reading_timer()
        self._reading = self.loop.call_later(self.limits.read_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._stop_reading_timer()
        super().resume_writing()

    def _await(self, awaited: _Awaited) -> None:
        self._awaited = awaited
        self._head_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if awaited is not _Awaited.NOTHING:
            body = awaited is _Awaited.BODY
            seconds = self.limits.body_seconds + _BODY_GRACE_SECONDS if body else self.limits.head_seconds
            self._timer = self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if self.flow.read_paused or (answering and self._awaited is _Awaited.HEAD):
            self._await(self._awaited)  # it is the server that does not go on
        elif self._awaited is _Awaited.HEAD and self._head_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer a request whose head is not whole."""
        if self.cycle is None or self.cycle.response_complete:
            answer = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(answer.encode("ascii"))
        self.transport.close()

    def _stop_reading_timer(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def guarded(limits: ClientLimits) -> type[GuardedProtocol]:
    """Return the protocol with these limits."""
    return type("LimitedProtocol", (GuardedProtocol,), {"limits": limits})
