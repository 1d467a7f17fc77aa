"""One request, with a limit on its time and on the size of its answer.

httpcore is the part of httpx below its client: it follows no redirect, keeps no cookie, and reads neither proxies nor
credentials from the environment.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

#: Bytes of a body that are read.
LARGEST_BODY = 64 * 1024

_HEADERS: Sequence[tuple[bytes | str, bytes | str]] = (
    ("User-Agent", "payment-exporter"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    ``status`` is 0 when no answer began. ``problem`` says why the answer is not whole, in words that are the same as
    long as the cause is; it is empty when all is there. ``duration`` is in seconds.
    """

    status: int
    body: bytes
    duration: float
    problem: str = ""


async def fetch(pool: httpcore.AsyncConnectionPool, url: str, limit: float) -> Answer:
    """GET ``url`` within ``limit`` seconds, from the lookup of the name to the end of the body. Raises nothing."""
    started = time.monotonic()
    status, body, problem = 0, b"", ""
    async with AsyncExitStack() as opened:
        request = pool.stream("GET", url, headers=_HEADERS, extensions={"trace": _closing(opened)})
        try:
            async with asyncio.timeout(limit), request as response:
                status = response.status
                async for part in response.aiter_stream():
                    body += part
                    if len(body) > LARGEST_BODY:
                        problem = f"the answer is longer than {LARGEST_BODY} bytes"
                        break
        except Exception as error:
            problem = reason(error)
    return Answer(status, body, time.monotonic() - started, problem)


def _closing(opened: AsyncExitStack) -> Callable[[str, Any], Awaitable[None]]:
    """Have ``opened`` close the connection of a request: httpcore forgets one that is given up in its handshake."""

    async def trace(event: str, details: Any) -> None:
        if event == "connection.connect_tcp.complete":
            opened.push_async_callback(details["return_value"].aclose)

    return trace


def reason(error: BaseException) -> str:
    """Return why a connection or an answer failed: without addresses, which may change, and nothing of the answer."""
    cause = _first_cause(error)
    if isinstance(error, TimeoutError):
        return "no whole answer within the time limit"
    if isinstance(error, httpcore.ProtocolError):
        return "the answer is not valid HTTP"
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {getattr(cause, 'verify_message', cause.reason)}"
    if isinstance(cause, socket.gaierror):
        return str(cause.strerror)
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return type(cause).__name__


def _first_cause(error: BaseException) -> BaseException:
    """Return where it began: the pool raises anew, and of several addresses the first counts."""
    while True:
        before = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error.__cause__ or error.__context__
        if before is None:
            return error
        error = before
