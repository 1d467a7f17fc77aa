"""Logs exceptions that nobody handles, which Python would print to standard error as they are."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

log = structlog.get_logger()


def install_hooks() -> None:
    """Log exceptions that end the program or a thread, and those that Python can only ignore."""
    sys.excepthook = _log_exception
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread


def log_unhandled(loop: asyncio.AbstractEventLoop) -> None:
    """Log exceptions that reach the event loop, such as those of tasks that nobody awaits."""
    loop.set_exception_handler(_log_loop)


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        log.warning("interrupted")
    else:
        log.error("unhandled exception", exc_info=(kind, error, trace))


def _log_thread(hook: threading.ExceptHookArgs) -> None:
    if not issubclass(hook.exc_type, SystemExit):
        name = hook.thread.name if hook.thread else None
        log.error("unhandled exception in a thread", thread=name, exc_info=hook.exc_value)


def _log_unraisable(hook: sys.UnraisableHookArgs) -> None:
    log.error("ignored exception", where=hook.err_msg, exc_info=hook.exc_value)


def _log_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    del loop
    log.error("unhandled exception in the event loop", where=context.get("message"), exc_info=context.get("exception"))
