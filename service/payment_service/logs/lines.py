"""Turns events into lines: one JSON object each, redacted. Neither rendering nor writing ever raises."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import EventDict, ExcInfo, WrappedLogger

    from payment_service.logs.redaction import Redactor

#: The innermost frames of each exception: those of the frameworks around them say nothing new.
_MOST_FRAMES = 15
_FIRST_FIELDS = ("timestamp", "level", "event")

_add_timestamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_add_stack = structlog.processors.StackInfoRenderer()


class LineRenderer:
    """Renders an event as its line: the last of structlog's processors.

    The line itself is not searched again: it holds only what the redactor returned, and JSON puts quotes or braces
    between two values, so no number comes about that was not in one of them.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redact = redactor.value

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> str:
        """Return the line of ``event``, without line break: time (UTC), level in capitals, event, then the fields."""
        try:
            event["level"] = method.upper()
            event = _add_exception(logger, method, _add_stack(logger, method, _add_timestamp(logger, method, event)))
            redacted = self._redact({name: event.pop(name, None) for name in _FIRST_FIELDS} | dict(event))
            return json.dumps(redacted, allow_nan=False)
        except Exception as error:
            # Only the type: the text of this error may be what could not be redacted.
            lost = {"level": "ERROR", "event": "log line lost", "reason": type(error).__name__}
            return json.dumps(_add_timestamp(logger, method, lost))


class LineWriter:
    """Writes lines, each at once, from any thread: the logger that structlog wraps.

    Without ``stream`` they go to what ``sys.stdout`` is when they are written.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        # A signal handler may log while the same thread writes.
        self._lock = threading.RLock()

    def write(self, line: str) -> None:
        """Write ``line``; where the stream is closed or broken, the line is lost."""
        with suppress(Exception), self._lock:
            stream = sys.stdout if self._stream is None else self._stream
            stream.write(f"{line}\n")
            stream.flush()

    debug = info = warning = error = critical = msg = write


def _exception_text(exc_info: ExcInfo) -> str:
    """Return traceback and causes, without the values of local variables."""
    kind, error, trace = exc_info
    try:
        return "".join(traceback.format_exception(kind, error, trace, limit=-_MOST_FRAMES)).rstrip()
    except Exception as failure:
        return f"{kind.__name__}, whose traceback raises {type(failure).__name__}"


_add_exception: Any = structlog.processors.ExceptionRenderer(_exception_text)
