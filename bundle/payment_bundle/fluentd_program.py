"""Fluentd on this machine: ``$FLUENTD``, else from PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.tool import find_tool, run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from payment_alerts.tool import Result

_LONGEST = 600
ABSENT = "fluentd is not on PATH"
#: Seconds. Fluentd reads its configuration and its plugins in one or two.
TIMEOUT = 60.0
#: A line that Fluentd writes before it has read how it should.
_TEXT = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[(?P<level>\w+)\]: (?P<text>.*)$")
_MISSING = re.compile(r"Unknown \w+ plugin '[^']*'|cannot load such file -- [\w./-]+")
_UNUSED = re.compile(r"(?P<what>(?:parameter|section) .*?) in (?P<where><[^>]*>).* is not used", re.DOTALL)
_UNUSED_SECTION = re.compile(r"(?P<what>section <[^>]*>) is not used in (?P<where><[^>]*>)")
#: Of stack traces, which are messages of their own. Ruby's own error has its trace in the line that says what is wrong.
_TRACE = ("/", "<internal:")


@dataclass(frozen=True, slots=True)
class Message:
    """What Fluentd wrote to its log; without a level where Ruby wrote it."""

    level: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether it says why Fluentd ended."""
        return self.level in ("error", "fatal", "")

    @property
    def unused(self) -> str:
        """What nothing reads: a parameter or a section; empty where the message is about something else."""
        found = (_UNUSED.search(self.text) or _UNUSED_SECTION.search(self.text)) if self.level == "warn" else None
        return f"{found['what']} in {found['where']} is not used" if found else ""


def find_fluentd() -> str | None:
    """Return the program; None where there is none. Raises ToolError where ``$FLUENTD`` is none."""
    return find_tool("fluentd") if os.environ.get("FLUENTD") or shutil.which("fluentd") else None


def dry_run(program: str, file: Path, environment: Mapping[str, str]) -> Result:
    """Have Fluentd read ``file`` with its plugins, and do nothing; raises ToolError."""
    command = (program, "--dry-run", "--strict-config-value", "-c", str(file))
    return run_tool(command, TIMEOUT, environment)


def own_environment(directory: Path) -> dict[str, str]:
    """Return the environment for a Fluentd that reads no other files, and speaks to no cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_SERVICE_")}
    return {**kept, "FLUENT_CONF_INCLUDE_DIR": str(directory / "none")}


def messages(log: str) -> tuple[Message, ...]:
    """Return what a log says, in lines of JSON or of text; stack traces are left out."""
    found: list[Message] = []
    for line in log.splitlines():
        message = _json(line) or _text(line)
        if message:
            found.append(message)
        elif found:
            found[-1] = Message(found[-1].level, f"{found[-1].text}\n{line}")
        else:
            found.append(Message("", line))
    return tuple(each for each in found if not each.text.startswith(_TRACE))


def reasons(log: str) -> str:
    """Return why Fluentd ended, in a line."""
    errors = (message.text.partition("\n")[0] for message in messages(log) if message.is_error)
    # A line that ends so has the section behind it, and another message says what is wrong there.
    said = dict.fromkeys(error for error in errors if not error.endswith(" in:"))
    return "; ".join(said)[:_LONGEST] or "it did not say why"


def missing_plugins(log: str) -> tuple[str, ...]:
    """Return what Fluentd says of plugins, or of libraries of theirs, that it lacks."""
    return tuple(dict.fromkeys(found[0] for message in messages(log) for found in _MISSING.finditer(message.text)))


def _json(line: str) -> Message | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict) or not {"level", "message"} <= set(said):
        return None
    return Message(str(said["level"]), str(said["message"]))


def _text(line: str) -> Message | None:
    found = _TEXT.match(line)
    return Message(found["level"], found["text"]) if found else None
