"""``payobs``, as somebody types it, within this process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from payment_bundle.cli import main


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def payobs(*arguments: str) -> Result:
    """Run the command and return how it ended and what it said."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["payobs", *arguments]
    code = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return Result(code, out.getvalue(), err.getvalue())
