"""Many who call at once, each in a thread of its own, until the block ends."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What one of the crowd does again and again.
Act: TypeAlias = "Callable[[requests.Session], object]"

_TIMEOUT = 12.0


@contextmanager
def crowd(act: Act, per_second: float, people: int) -> Iterator[None]:
    """Have ``people`` do ``act``, together ``per_second`` times a second, or as often as they manage to."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=_repeat, args=(act, people / per_second, ended), name=f"crowd {number}", daemon=True)
        for number in range(people)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_TIMEOUT)


def _repeat(act: Act, every: float, ended: threading.Event) -> None:
    with requests.Session() as session:
        session.trust_env = False  # loopback needs no proxy, whatever the environment says
        due = time.monotonic()
        while not ended.is_set():
            try:
                act(session)
            except requests.RequestException:
                ended.wait(0.2)
            due = max(due + every, time.monotonic() - 1)
            ended.wait(max(0.0, due - time.monotonic()))
