"""Commands of other programs that are not run: whether the program has such a subcommand, and such flags."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

#: Programs that describe themselves without a server.
PROGRAMS = ("kubectl", "docker", "helm")
_ENDS = {"|", "||", "&&", ";", "&"}
_WITHOUT_HELP = {("options",), ("compose", "version")}
_FLAG = re.compile(r"--[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A program with the words before its first flag, and its long flags."""

    program: str
    words: tuple[str, ...]
    flags: tuple[str, ...]


def invocations(script: str) -> list[Invocation]:
    """Return the invocations of ``PROGRAMS`` in a script."""
    found: list[Invocation] = []
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        while words:
            part = list(takewhile(lambda word: word not in _ENDS, words))
            words = words[len(part) + 1 :]
            if part and part[0] in PROGRAMS:
                found.append(_invocation(part))
    return found


def _invocation(part: list[str]) -> Invocation:
    own = list(takewhile(lambda word: word != "--", part))
    words = tuple(takewhile(lambda word: not word.startswith("-"), own[1:]))
    flags = tuple(match[0] for word in own if (match := _FLAG.match(word)))
    return Invocation(part[0], words, flags)


def is_there(invocation: Invocation) -> bool:
    """Whether this machine has the program, and the plugin where it is one."""
    if not shutil.which(invocation.program):
        return False
    is_plugin = invocation.program == "docker" and invocation.words[:1] == ("compose",)
    return not is_plugin or _help("docker", ("compose", "version")) is not None


def unknown_of(invocation: Invocation) -> list[str]:
    """Return what the program does not know of it."""
    said = _help(invocation.program, invocation.words)
    if said is None:
        return [f"{invocation.program} {' '.join(invocation.words)}: no such subcommand"]
    known = set(_FLAG.findall(said + (_help("kubectl", ("options",)) or "")))
    return [f"{invocation.program}: no flag {flag}" for flag in invocation.flags if flag not in known]


@cache
def _help(program: str, words: tuple[str, ...]) -> str | None:
    """Return the help text, of as many words as make a subcommand; ``None`` where the first is none."""
    asked = [program, *words] if words in _WITHOUT_HELP else [program, *words, "--help"]
    result = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    if result.returncode or "unknown command" in result.stderr:
        return None
    return result.stdout
