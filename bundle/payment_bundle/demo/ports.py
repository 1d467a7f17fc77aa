"""The ports of the demo."""

from __future__ import annotations

import socket
from dataclasses import dataclass, fields

from payment_catalog.errors import ForeseenError

LOOPBACK = "127.0.0.1"


class PortTakenError(ForeseenError):
    """A port that the demo needs is in use."""


@dataclass(frozen=True)
class Ports:
    """One port for each program, as the design of the house has them."""

    service: int = 8080
    exporter: int = 9877
    prometheus: int = 9090
    alertmanager: int = 9093
    preview: int = 8000
    receiver: int = 8001
    gateway: int = 8081
    redis: int = 6380
    debug: int = 6060

    def require_free(self) -> None:
        """Raise PortTakenError when one of them is in use, naming its flag."""
        for field in fields(self):
            port = getattr(self, field.name)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((LOOPBACK, port))
                except OSError:
                    raise PortTakenError(f"port {port} is in use; choose another with --{field.name}-port") from None

    @classmethod
    def any_free(cls) -> Ports:
        """Return ports that are free now, for runs side by side."""
        sockets = [socket.socket() for _ in fields(cls)]
        try:
            for probe in sockets:
                probe.bind((LOOPBACK, 0))
            return cls(*(probe.getsockname()[1] for probe in sockets))
        finally:
            for probe in sockets:
                probe.close()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
