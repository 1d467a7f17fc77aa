"""Connections with time limits, and with a check of the client's names.

Of its own, uvicorn (0.54) only closes a connection that idles after an answer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from payment_exporter.web.throttled_log import ThrottledLog

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Mapping

log = logging.getLogger(__name__)
_refused = ThrottledLog(log)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Connections at once, and how many seconds each step may take."""

    connections: int = 512
    #: For the head of a request.
    head_seconds: float = 10.0
    #: For the rest of it and the answer: above the longest time-out that a scrape sensibly has.
    answer_seconds: float = 130.0
    #: Between an answer and a request: above the usual intervals of scrapes, so that one connection serves them all.
    idle_seconds: int = 125
    #: For the answers under way when the server ends.
    grace_seconds: int = 30


class LimitedProtocol(H11Protocol):
    """uvicorn's protocol, which aborts a connection that does not keep to the limits.

    ``allowed_names`` returns the alternative names of which a client's certificate must have one, ``None`` for no
    such check.
    """

    def __init__(
        self, limits: ConnectionLimits, allowed_names: Callable[[], Collection[str] | None], **uvicorns: Any
    ) -> None:
        super().__init__(**uvicorns)
        self._limits = limits
        self._allowed_names = allowed_names
        self._timer: asyncio.TimerHandle | None = None
        self._idle = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Check who it is, and wait for the head of a request."""
        super().connection_made(transport)
        allowed = self._allowed_names()
        if allowed is not None and alternative_names(transport.get_extra_info("peercert")).isdisjoint(allowed):
            _refused.warning(
                "connection refused reason=client_allowed_sans client=%s", self.client[0] if self.client else ""
            )
            transport.abort()
            return
        self._allow(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the first after an answer begins a head."""
        if self._idle:
            self._idle = False
            self._allow(self._limits.head_seconds)
        super().data_received(data)

    def handle_events(self) -> None:
        """Handle what has arrived; a new cycle means that a head is whole."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._idle = False
            self._allow(self._limits.answer_seconds)

    def on_response_complete(self) -> None:
        """Note that the answer is written; the time runs on while the client has not taken it."""
        self._idle = True
        if not self.transport.get_write_buffer_size():
            self._stop_timer()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; behind the beginning of an answer there is nothing to say."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def shutdown(self) -> None:
        """End when the answer under way is written; an idle client at once, whose farewell TLS would wait for."""
        if self.cycle is None or (self.cycle.response_complete and not self.transport.get_write_buffer_size()):
            self.transport.abort()
        else:
            super().shutdown()

    def _allow(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def alternative_names(certificate: Mapping[str, Any] | None) -> set[str]:
    """Return the names that exporter-toolkit compares: DNS, e-mail, IP in its shortest form, and URI.

    ``certificate`` is what ``ssl.SSLObject.getpeercert()`` returns.
    """
    names = set()
    for kind, value in (certificate or {}).get("subjectAltName", ()):
        if kind in {"DNS", "email", "URI"}:
            names.add(value)
        elif kind == "IP Address":
            names.add(str(ip_address(value.strip())))
    return names
