"""Ports of the loopback, and clients that send slowly."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress
from dataclasses import fields
from itertools import cycle
from time import monotonic

from payment_bundle.demo.ports import Ports

#: Each process of pytest-xdist has ports of its own, below those that Linux gives to clients (from 32,768 on): a port
#: that is free now is still free when the server of the test asks for it.
_EACH, _PROCESSES = 2_000, 8
_FIRST = 16_000 + _EACH * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES)
_BEGIN = random.randrange(_EACH)
_PORTS = cycle(_FIRST + (_BEGIN + number) % _EACH for number in range(_EACH))


def free_port() -> int:
    """Return a port that nobody uses, another one each time."""
    for port in _PORTS:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("a cycle ends nowhere")


def free_ports() -> Ports:
    """Return ports for the programs of a demo."""
    return Ports(*(free_port() for _ in fields(Ports)))


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
