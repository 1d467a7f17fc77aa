"""Keeps worker processes running, and what they counted when they die."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from payment_service.instrumentation.workers import DIRECTORY_VARIABLE, locked, name_supervisor, retire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payment_service.server.options import ServerOptions

#: A worker that lives shorter is not started again at once, but later from time to time.
_QUICK_DEATH_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 30.0
#: How long a worker may take to leave beyond the time that its requests have, and after it let go of its socket.
_LEAVE_SECONDS = 5.0
_FAILED = 1

log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, and the socket by which it says that it serves and whose end says that it, or we, are gone."""

    process: subprocess.Popen[bytes]
    lifeline: socket.socket
    serves: bool = False
    started: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs ``count`` workers that accept from ``listener`` and keep their metrics in ``directory``.

    The first one shows whether the application starts at all, then come the others. SIGTERM and SIGINT let the
    requests under way end; a second SIGINT does not.
    """

    def __init__(self, options: ServerOptions, listener: socket.socket, count: int, directory: Path) -> None:
        self._options = options
        self._listener = listener
        self._count = count
        self._directory = directory
        self._workers: set[_Worker] = set()
        self._selector = selectors.DefaultSelector()
        self._due = [0.0]  # when workers are to be started
        self._pause = 0.0
        self._proven = False
        self._deadline: float | None = None  # set when the service ends
        self._code = 0

    def run(self) -> int:
        """Return the exit code: 0 after a signal, that of the first worker when it did not get to serve."""
        name_supervisor(self._directory)
        with self._selector, self._signals() as signals:
            self._selector.register(signals, selectors.EVENT_READ, None)
            try:
                while self._workers or self._deadline is None:
                    self._start_due()
                    for key, _ in self._selector.select(self._seconds_to_wait()):
                        if key.data is None:
                            self._obey(signals.recv(16))
                        else:
                            self._hear(key.data)
                    if self._deadline is not None and time.monotonic() > self._deadline:
                        self._send(signal.SIGKILL)
            finally:
                self._send(signal.SIGKILL)
        return self._code

    def _start_due(self) -> None:
        now = time.monotonic()
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, with our own arguments
                [
                    *(sys.executable, "-P", "-m", "payment_service.server.worker"),
                    *(str(self._listener.fileno()), str(theirs.fileno()), self._options.to_json()),
                ],
                pass_fds=(self._listener.fileno(), theirs.fileno()),
                env={**os.environ, DIRECTORY_VARIABLE: str(self._directory)},
                process_group=0,  # so that Ctrl-C in a terminal reaches this process alone, which then tells them
            )
        worker = _Worker(process, ours)
        self._workers.add(worker)
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _seconds_to_wait(self) -> float | None:
        times = self._due if self._deadline is None else [self._deadline]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _obey(self, signals: bytes) -> None:
        number = signal.SIGINT if signal.SIGINT in signals else signal.SIGTERM
        if self._deadline is None:
            self._end(number)
        elif number is signal.SIGINT:
            self._deadline = 0.0
        else:
            self._send(number)

    def _end(self, number: signal.Signals) -> None:
        self._deadline = time.monotonic() + self._options.notice_seconds + self._options.drain_seconds + _LEAVE_SECONDS
        self._due.clear()
        self._listener.close()  # else clients could still connect, and would wait for nobody
        self._send(number)

    def _send(self, number: signal.Signals) -> None:
        for worker in self._workers:
            worker.process.send_signal(number)

    def _hear(self, worker: _Worker) -> None:
        try:
            said = worker.lifeline.recv(16)
        except ConnectionError:
            said = b""
        if not said:
            self._bury(worker)
        elif not worker.serves:
            worker.serves = True
            if not self._proven:
                self._proven = True
                self._due.extend([0.0] * (self._count - 1))

    def _bury(self, worker: _Worker) -> None:
        self._selector.unregister(worker.lifeline)
        worker.lifeline.close()
        self._workers.remove(worker)
        code = self._settle(worker.process)
        if self._deadline is not None:
            return
        if not self._proven:
            self._code = code if code > 0 else _FAILED
            self._end(signal.SIGTERM)
            return
        quick = not worker.serves or time.monotonic() - worker.started < _QUICK_DEATH_SECONDS
        self._pause = min(max(1.0, 2 * self._pause), _LONGEST_PAUSE_SECONDS) if quick else 0.0
        self._due.append(time.monotonic() + self._pause)
        log.error("a worker ended", pid=worker.process.pid, exit_code=code, starts_again_in_seconds=self._pause)

    def _settle(self, process: subprocess.Popen[bytes]) -> int:
        """Take over what the ended process has counted, and return its exit code."""
        try:
            # Waited for within the lock: until then, the time that it took is its own.
            with locked(self._directory, exclusive=True):
                code = _wait(process)
                retire(self._directory, process.pid)
        except TimeoutError:  # by now, whoever scrapes and does not go on has lost its reader
            log.warning("the metrics of an ended worker are merged during a scrape", pid=process.pid)
            code = _wait(process)
            retire(self._directory, process.pid)
        return code

    @contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """Yield a socket on which the numbers of the signals arrive that end the service."""
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with ours, theirs:
            wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
            previous = {number: signal.signal(number, _nothing) for number in (signal.SIGTERM, signal.SIGINT)}
            try:
                yield ours
            finally:
                for number, handler in previous.items():
                    signal.signal(number, handler)
                signal.set_wakeup_fd(wakeup)


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(_LEAVE_SECONDS)


def _nothing(number: int, frame: object) -> None:
    """Let the signal through to the wake-up socket alone."""
