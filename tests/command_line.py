"""Our commands, as somebody types them, within this process."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from payment_bundle.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OURS = ("DB_", "REDIS_", "FIUU_")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def payobs(*arguments: str) -> Result:
    """Run the command and return how it ended and what it said."""
    return typed(main, "payobs", *arguments)


def typed(main: Callable[[], None], program: str, *arguments: str) -> Result:
    """Run ``main`` as ``program`` and return how it ended and what it said."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = [program, *arguments]
    code = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return Result(code, out.getvalue(), err.getvalue())


def clean_environment() -> dict[str, str]:
    """Return this process' environment without variables that service and exporter read."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


@contextmanager
def surroundings(variables: Mapping[str, str], directory: Path | None = None) -> Iterator[None]:
    """Have variables, a directory and a log that nobody has set up, as a new process has; all is restored."""
    handlers, level = logging.root.handlers[:], logging.root.level
    logging.root.handlers.clear()
    try:
        with patch.dict(os.environ, {**clean_environment(), **variables}, clear=True), chdir(directory or Path.cwd()):
            yield
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
