"""Runs the diagnosis of an incident's page, and looks whether it shows the cause."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.drill.translation import Here, translate

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from payment_bundle.drill.drill import Shows
    from payment_catalog.incident import Command, Incident

_LIMIT = 15.0
_MOST_LINES, _LONGEST_LINE = 8, 400
#: What curl says beside its output.
_PROGRESS = re.compile(r"% Total +% Received|Dload +Upload|--:--:--")
_NOT_FOUND = 127


@dataclass(frozen=True, slots=True)
class Ran:
    """A command of the page: as it stands there, as it was run (empty: it was not, for ``reason``), what it printed.

    ``shows`` is what its output had to show, and ``shown`` whether it did.
    """

    purpose: str
    written: str
    run: str
    reason: str
    output: str
    shows: str = ""
    shown: bool = True


def diagnose(incident: Incident, shows: Sequence[Shows], here: Here, environment: Mapping[str, str]) -> tuple[Ran, ...]:
    """Run the diagnosis commands of ``incident``, and of its causes those that must show something."""
    patterns = {found.purpose: found.pattern for found in shows}
    return tuple(
        _run(command, patterns.get(command.purpose, ""), here, environment)
        for command in _commands(incident, patterns.keys())
    )


def _commands(incident: Incident, wanted: Container[str]) -> Iterator[Command]:
    yield from incident.diagnosis
    for cause in incident.causes:
        for command in cause.commands:
            if command.purpose in wanted:
                yield command


def _run(command: Command, pattern: str, here: Here, environment: Mapping[str, str]) -> Ran:
    translated = translate(command.shell, here)
    if not translated.shell:
        return Ran(command.purpose, command.shell, "", translated.reason, "", pattern, shown=not pattern)
    output, code = _output(translated.shell, environment)
    if code == _NOT_FOUND and not pattern:
        return Ran(command.purpose, command.shell, "", "its program is not installed here", "")
    shown = not pattern or re.search(pattern, output) is not None
    return Ran(command.purpose, command.shell, translated.shell, "", _shortened(output, pattern), pattern, shown)


def _output(shell: str, environment: Mapping[str, str]) -> tuple[str, int]:
    try:
        done = subprocess.run(  # noqa: S603 - the page's own commands
            ["bash", "-c", f"set -o pipefail; {shell}"],  # noqa: S607 - wherever it is
            env={"PATH": os.environ.get("PATH", os.defpath), **environment, **_postgres(environment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode(errors="replace")
        return f"{text}\n(did not end within {_LIMIT:.0f} s)", 0
    return done.stdout.decode(errors="replace"), done.returncode


def _postgres(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a pod's psql would be told by its usual port."""
    return {"PGPORT": environment["DB_PORT"], "PGCONNECT_TIMEOUT": "5"} if "DB_PORT" in environment else {}


def _shortened(output: str, pattern: str) -> str:
    """Return the last lines of an output, or of those that show something."""
    lines = [line[:_LONGEST_LINE] for line in output.splitlines() if line.strip() and not _PROGRESS.search(line)]
    found = [line for line in lines if pattern and re.search(pattern, line)]
    return "\n".join((found or lines)[-_MOST_LINES:])
