"""A model of Fluentd's configuration language, and its printer.

A section is ``<name argument> … </name>``. Values are printed bare where they are plain, else as a
quoted string in which nothing is interpreted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%*+-][A-Za-z0-9_./:@%*+,-]*\Z")
_IDENTIFIER = re.compile(r"[@a-z][a-z0-9_]*\Z")
_ARGUMENT = re.compile(r"[A-Za-z0-9_.*@$,-]*\Z")
_FILE = re.compile(r"[A-Za-z0-9_.*/-]+\Z")


@dataclass(frozen=True, slots=True)
class Environment:
    """A value that Fluentd reads from its environment when it starts: how a secret is named, never written."""

    variable: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression between slashes."""

    expression: str


Value: TypeAlias = str | int | bool | Environment | Pattern


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the configuration."""

    name: str
    argument: str
    parameters: Mapping[str, Value]
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """Files that stand in this place; a relative path is relative to the including file."""

    path: str


def print_sections(items: Iterable[Section | Include]) -> str:
    """Return the text of a configuration; raises ValueError for a name that is none."""
    return "\n".join("\n".join(_lines(item, 0)) + "\n" for item in items)


def print_value(value: Value) -> str:
    """Return ``value`` so that it stays one value on one line, whatever it holds."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Environment():
            return f"\"#{{ENV['{_checked(value.variable.lower(), _IDENTIFIER) and value.variable}']}}\""
        case Pattern():
            if "\n" in value.expression:
                raise ValueError("a pattern must be one line")
            return f"/{value.expression}/"
    return value if _PLAIN.match(value) else _quoted(value)


def _quoted(text: str) -> str:
    """Return a single-quoted string: Fluentd knows only ``\\'`` and ``\\\\`` in it, and no line may end in it."""
    if any(ord(character) < ord(" ") for character in text):
        raise ValueError(f"{text!r} has a control character, which no value of Fluentd can hold")
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _lines(section: Section | Include, depth: int) -> Iterable[str]:
    indent = "  " * depth
    if isinstance(section, Include):
        yield f"{indent}@include {_checked(section.path, _FILE)}"
        return
    name = _checked(section.name, _IDENTIFIER)
    argument = _checked(section.argument, _ARGUMENT)
    yield f"{indent}<{name} {argument}>" if argument else f"{indent}<{name}>"
    for parameter, value in section.parameters.items():
        yield f"{indent}  {_checked(parameter, _IDENTIFIER)} {print_value(value)}"
    for inner in section.sections:
        yield from _lines(inner, depth + 1)
    yield f"{indent}</{name}>"


def _checked(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.match(text):
        raise ValueError(f"{text!r} cannot stand in Fluentd's configuration")
    return text
