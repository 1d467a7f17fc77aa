"""Ports of the loopback, and clients that send slowly."""

from __future__ import annotations

import socket
from time import monotonic


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def trickle(connection: socket.socket, part: bytes) -> bytes:
    """Send ``part`` again and again until the server has ended the connection; return what it answered."""
    connection.settimeout(0.02)
    deadline, received = monotonic() + 30, b""
    while monotonic() < deadline:
        try:
            connection.sendall(part)
            answer = connection.recv(65536)
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return received
        if not answer:
            return received
        received += answer
    raise AssertionError("the connection is still open")
