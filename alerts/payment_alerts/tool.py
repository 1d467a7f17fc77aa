"""Finds and runs an external program: with a time limit, without a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Seconds. promtool works through all unit tests in half a minute, on a machine that has nothing else to do.
TIMEOUT = 600.0

_PACKAGES = {"prometheus": "prometheus", "promtool": "prometheus", "amtool": "prometheus-alertmanager"}


class ToolError(ForeseenError):
    """A program that is missing, does not end in time or cannot be started."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a program said, and the code that it ended with."""

    code: int
    output: str


def find_tool(name: str) -> str:
    """Return the path of ``name``: of ``$NAME`` in capitals, else from PATH; raises ToolError."""
    variable = name.upper()
    chosen = os.environ.get(variable)
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise ToolError(f"${variable} is {chosen!r}, which is no program that can be run")
        return found
    found = shutil.which(name)
    if found is None:
        raise ToolError(
            f"{name} is not on PATH. Install it, on Debian with 'apt-get install {_PACKAGES[name]}', or download "
            f"a release of Prometheus or Alertmanager and set ${variable} to the program"
        )
    return found


def run_tool(command: Sequence[str], timeout: float = TIMEOUT, environment: Mapping[str, str] | None = None) -> Result:
    """Run ``command``, in this process' environment or another, and return its output and errors; raises ToolError."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments apart
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            env=environment,
            check=False,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"{command[0]} did not end within {timeout:g} s and was stopped") from None
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be started: {error.strerror}") from None
    return Result(done.returncode, done.stdout)
