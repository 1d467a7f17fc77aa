"""What nobody foresaw: it is logged with its traceback, and the caller learns that it was not their fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from payment_service.api.problems import response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class DefectAnswers:
    """Answers 500 to a request that raised, as pure ASGI middleware.

    Starlette's own handler of all exceptions stands outside of every middleware: what it answers has no request id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; an answer that has begun can only be cut off."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            if begun or scope["type"] != "http":
                raise
            log.exception("unhandled exception")
            answer = response(HTTPStatus.INTERNAL_SERVER_ERROR, "the service has a defect; it has been logged")
            await answer(scope, receive, send)
