"""Runs the payment service with two defects in it, each of which a signal calls up: a leak, and a wait that blocks.

A file to be run, not a module to be imported: the service is the one that is installed, and all else is its own.
"""

from __future__ import annotations

import signal
import time

from payment_service.cli import main

#: Kept with each SIGUSR1, until a SIGRTMIN.
LEAKED_BYTES = 4 * 1024 * 1024
#: The event loop's thread does nothing else for that long at each SIGUSR2.
BLOCKED_SECONDS = 0.6

_leaked: list[bytes] = []


def leak_memory(number: int, frame: object) -> None:
    """Keep what nobody needs."""
    del number, frame
    _leaked.append(b"x" * LEAKED_BYTES)


def forget(number: int, frame: object) -> None:
    """Give back what was leaked: as a restart would, without one."""
    del number, frame
    _leaked.clear()


def block_event_loop(number: int, frame: object) -> None:
    """Wait where nothing must wait."""
    del number, frame
    time.sleep(BLOCKED_SECONDS)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, leak_memory)
    signal.signal(signal.SIGRTMIN, forget)
    signal.signal(signal.SIGUSR2, block_event_loop)
    main()
