"""Commands as sentences name them: whether they exist, and have those options."""

from __future__ import annotations

import re
from itertools import takewhile

from payment_bundle.reference.commands import PROGRAM, programs

#: Options of each command, by the words that it is typed with.
KNOWN = {command.name: {name for option in command.options for name in option.names} for command in programs()}
_OWN = ("payobs", "payment-service", PROGRAM)
_OPTION = re.compile(r"(?<![\w-])--[a-z][\w.-]*")
_WORD = re.compile(r"[a-z][a-z|-]*")
#: Flags of the exporter that a sentence shortens.
_SHORTENED = "NAME"


def unknown_words(span: str) -> list[str]:
    """Return what a span of code names that does not exist; nothing for a span that is no command of ours."""
    words = span.split()
    if not words or words[0] not in _OWN:
        return []
    is_group = words[0] not in KNOWN
    if len(words) == 1 or (is_group and not _WORD.fullmatch(words[1])):
        return []
    commands = _commands(words)
    if not commands:
        return [f"{span}: no such command"]
    allowed = {"--help"}.union(*(KNOWN[command] for command in commands))
    options = [option.rstrip(".") for option in _OPTION.findall(span.replace("\\", "")) if _SHORTENED not in option]
    return [f"{commands[0]}: no option {option}" for option in options if option not in allowed]


def _commands(words: list[str]) -> list[str]:
    """Return the commands that the words begin with; several where alternatives stand between ``|``."""
    found = [words[0]]
    for word in takewhile(_WORD.fullmatch, words[1:]):
        longer = [f"{name} {part}" for name in found for part in word.split("|")]
        if not all(_begins(name) for name in longer):
            break
        found = longer
    if found == [words[0]] and words[0] not in KNOWN:
        return []
    return [name for known in found for name in KNOWN if name == known or name.startswith(f"{known} ")]


def _begins(name: str) -> bool:
    return any(known == name or known.startswith(f"{name} ") for known in KNOWN)
