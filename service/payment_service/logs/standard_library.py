"""Sends what libraries log by the standard library, and warnings, the same way as the service's own events."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from structlog.contextvars import get_contextvars

from payment_service.logs.redaction import text_of

if TYPE_CHECKING:
    from payment_service.logs.lines import LineRenderer, LineWriter


class LineHandler(logging.Handler):
    """Writes each record as a line, with what the request's context knows."""

    def __init__(self, renderer: LineRenderer, writer: LineWriter) -> None:
        super().__init__()
        self._renderer, self._writer = renderer, writer

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record``; one whose message does not fit its arguments is written without them."""
        message = text_of(record.msg)
        with suppress(Exception):
            message = record.getMessage()
        event = {**get_contextvars(), "event": message, "logger": record.name, "exc_info": record.exc_info}
        if record.stack_info:
            event["stack"] = record.stack_info
        self._writer.write(self._renderer(None, record.levelname, event))


def take_over(handler: logging.Handler, level: int) -> None:
    """Let every logger, those that have handlers of their own among them, write to ``handler`` from ``level`` on."""
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    logging.captureWarnings(True)
