"""No request has a large body: what is larger is refused before it is read."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from payment_service.api.problems import response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes. A payment takes some hundred.
MOST_BYTES = 64 * 1024


class BodyLimit:
    """Answers 413 to a body of more than ``MOST_BYTES``, announced or not, as pure ASGI middleware.

    It reads the body, and so also answers 408 where the server says that the client takes too long.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole_body(scope, receive)
        except HTTPException as error:
            refused = response(HTTPStatus(error.status_code), error.detail, {"Connection": "close"})
            await refused(scope, receive, send)
            return
        if body is None:
            return

        async def replay() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            message: Message = {"type": "http.request", "body": body, "more_body": False}
            body = None
            return message

        await self._app(scope, replay, send)


async def _whole_body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the body, ``None`` where the client has gone; raises HTTPException as soon as it is known."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if not announced.isdigit() or len(announced) > len(str(MOST_BYTES)) or int(announced) > MOST_BYTES:
        raise _too_large()
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > MOST_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large() -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MOST_BYTES} bytes")
