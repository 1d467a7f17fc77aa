"""Sets up everything that writes lines: structlog, the standard library's logging, warnings, unhandled exceptions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import structlog

from payment_catalog.errors import ForeseenError
from payment_service.logs.lines import LineRenderer, LineWriter
from payment_service.logs.redaction import Redactor
from payment_service.logs.standard_library import LineHandler, take_over
from payment_service.logs.unhandled import install_hooks

if TYPE_CHECKING:
    from typing import TextIO

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def configure_logging(level: str = "INFO", redactor: Redactor | None = None, stream: TextIO | None = None) -> None:
    """Write one JSON object a line to ``stream``, standard output without one; levels in capitals, times in UTC.

    Libraries are heard from WARNING on, or from ``level`` on where that is higher. Without a ``redactor`` card numbers
    and credentials are found by their form and their field's name only. Raises ForeseenError for an unknown level.
    """
    if level.upper() not in LEVELS:
        raise ForeseenError(f"log level {level!r}: expected one of {', '.join(LEVELS)}")
    threshold = logging.getLevelNamesMapping()[level.upper()]
    renderer, writer = LineRenderer(redactor or Redactor((), _ignore)), LineWriter(stream)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )
    take_over(LineHandler(renderer, writer), max(threshold, logging.WARNING))
    install_hooks()


def _ignore() -> None:
    """Count nothing."""
