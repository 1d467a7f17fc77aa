"""W3C trace context: which trace a request belongs to, and what to tell those that are called meanwhile.

Source: https://www.w3.org/TR/trace-context-2/. No span is recorded or sent anywhere: the identifiers tie
log lines, exemplars and the requests of several services together.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from os import urandom
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

#: Version, trace id, parent id, flags, and what a version after 00 may add behind a dash.
_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL
)
_STATE_MEMBER = re.compile(
    rb"[ \t]*([a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}|[a-z0-9][a-z0-9_\-*/]{0,255})"
    rb"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e][ \t]*"
)
#: The length that the specification asks everyone to carry, and the most members that it allows.
_MOST_STATE_BYTES = 512
_MOST_STATE_MEMBERS = 32
#: The flags that version 00 knows, sampled and random, of every value that a caller may send.
_KNOWN_FLAGS = {f"{flags:02x}".encode(): f"{flags & 0b11:02x}" for flags in range(256)}
_SAMPLED_AND_RANDOM = "03"
#: What looks for card numbers in logs takes so many digits for one, once in a hundred times.
_LIKE_A_CARD = re.compile(r"\d{12}")


class Trace(NamedTuple):
    """A request's place in its trace; identifiers are lower-case hexadecimal.

    ``trace_id`` has 32 digits, ``span_id`` 16: it names this request. ``flags`` has two digits, ``state``
    is the caller's tracestate, empty where there is none.
    """

    trace_id: str
    span_id: str
    flags: str = _SAMPLED_AND_RANDOM
    state: str = ""


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current_trace() -> Trace | None:
    """Return the trace of the request that is being served, None outside of one."""
    return _current.get()


def outgoing_headers() -> dict[str, str]:
    """Return the headers that a request to another service carries; empty outside of a trace."""
    trace = _current.get()
    if trace is None:
        return {}
    headers = {"traceparent": f"00-{trace.trace_id}-{trace.span_id}-{trace.flags}"}
    if trace.state:
        headers["tracestate"] = trace.state
    return headers


def _anything(text: str) -> bool:
    """Accept every text."""
    del text
    return True


def trace_of(headers: Sequence[tuple[bytes, bytes]], accepts: Callable[[str], bool] = _anything) -> Trace:
    """Return the trace that a request's headers continue, or a new one where they name none or are not valid.

    A trace that begins here is flagged as sampled, so that services after this one may record it. A caller's trace
    id that ``accepts`` does not take begins a new trace, such a tracestate is dropped.
    """
    trace_id, span_id = _new_identifiers()
    if b"traceparent" not in dict(headers):
        return Trace(trace_id, span_id)
    parents = [value for name, value in headers if name == b"traceparent"]
    match = _TRACEPARENT.fullmatch(parents[0]) if len(parents) == 1 else None
    if match is None or (match[1] == b"00" and match[5]) or not accepts(match[2].decode()):
        return Trace(trace_id, span_id)
    state = b",".join(value for name, value in headers if name == b"tracestate")
    return Trace(
        match[2].decode(),
        span_id,
        _KNOWN_FLAGS[match[4]],
        state.decode() if state and _is_valid_state(state) and accepts(state.decode()) else "",
    )


def _new_identifiers() -> tuple[str, str]:
    """Return a trace id and a span id without long runs of digits, and so neither of them all zeros."""
    while True:
        trace_id, span_id = urandom(16).hex(), urandom(8).hex()
        if not _LIKE_A_CARD.search(trace_id) and not _LIKE_A_CARD.search(span_id):
            return trace_id, span_id


def _is_valid_state(state: bytes) -> bool:
    if len(state) > _MOST_STATE_BYTES:
        return False
    members = [_STATE_MEMBER.fullmatch(member) for member in state.split(b",") if member.strip(b" \t")]
    keys = {member[1] for member in members if member}
    return 0 < len(keys) == len(members) <= _MOST_STATE_MEMBERS


class TraceContext:
    """Gives each request its trace, as pure ASGI middleware."""

    def __init__(self, app: ASGIApp, accepts: Callable[[str], bool] = _anything) -> None:
        self._app = app
        self._accepts = accepts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or web socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        token = _current.set(trace_of(scope["headers"], self._accepts))
        try:
            await self._app(scope, receive, send)
        finally:
            _current.reset(token)
