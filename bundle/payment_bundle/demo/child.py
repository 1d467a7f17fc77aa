"""Child processes that end when the demo ends."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_POLL = 0.1
_GRACE = 10.0


class ChildError(ForeseenError):
    """A program that did not start, did not become ready, or ended."""


@dataclass(slots=True)
class Child:
    """A running program and the file that holds its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    check: Callable[[], None]

    def require_running(self) -> None:
        """Raise ChildError with the end of its output when it has ended."""
        code = self.process.poll()
        if code is not None:
            raise ChildError(f"{self.name} ended with code {code}; its last words in {self.log}:\n{self._last_words()}")

    def wait_ready(self, url: str, limit: float) -> None:
        """Wait until ``url`` answers 200, at most ``limit`` seconds; raises ChildError, or what ``check`` raises."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            self.require_running()
            self.check()
            try:
                if requests.get(url, timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(_POLL)
        raise ChildError(f"{self.name} was not ready at {url} within {limit:.0f} s:\n{self._last_words()}")

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_GRACE)

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])


def go_on() -> None:
    """Raise nothing."""


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, check: Callable[[], None] = go_on
) -> Child:
    """Start ``command`` in a session of its own, so that Ctrl-C reaches it only through ``stop``.

    ``check`` is called while the program is waited for, and may raise to give it up.
    """
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - the commands are the demo's own
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ChildError(f"{name} cannot be started: {error}") from None
    return Child(name, process, log, check)
