"""What a configuration of Fluentd is made of.

Fluentd itself knows a value only as text, and the plugin that reads it gives the text a type. So there are two kinds
of values here: those that a text can be read back as (``str``, JSON, what Ruby computes), and those that
only say what is meant (numbers, durations, sizes, patterns) and become text when they are printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENVIRONMENT = re.compile(r"""ENV\[(?P<quote>['"])(?P<variable>[A-Za-z_][A-Za-z0-9_]*)(?P=quote)\]""")


@dataclass(frozen=True, slots=True)
class Environment:
    """A value that Fluentd reads from its environment when it starts: how a secret is named, never written."""

    variable: str


@dataclass(frozen=True, slots=True)
class Ruby:
    """Code that Fluentd runs when it reads its configuration."""

    code: str


@dataclass(frozen=True, slots=True)
class Interpolated:
    """Text with Ruby code in it, e.g. ``worker-#{worker_id}``."""

    parts: tuple[str | Ruby, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression between slashes; ``options`` are ``i`` (any case) and ``m`` (a dot matches line ends)."""

    expression: str
    options: Literal["", "i", "m", "im"] = ""

    def __str__(self) -> str:
        """Return the pattern as Fluentd has it."""
        return f"/{self.expression}/{self.options}"


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, in units of 1024 (``k``), 1024² (``m``) …"""

    number: int
    unit: Literal["", "k", "m", "g", "t"] = ""

    def __str__(self) -> str:
        """Return the size as Fluentd has it."""
        return f"{self.number}{self.unit}"


Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Value: TypeAlias = (
    "str | bool | int | float | timedelta | Size | Pattern | Environment | Interpolated | list[Json] | dict[str, Json]"
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Where a parsed section stands, 1-based; 0 and nothing for a section that was not parsed.

    ``repeated`` are parameters that were written again, the line being that of the later one, which counts.
    """

    opened: int = 0
    parameters: Mapping[str, int] = field(default_factory=dict)
    repeated: tuple[tuple[str, int], ...] = ()

    def of(self, parameter: str) -> int:
        """Return the line of ``parameter``, or that of the section where it has none."""
        return self.parameters.get(parameter, self.opened)


@dataclass(frozen=True, slots=True)
class Include:
    """``@include``: files that stand in this place; a relative path is relative to the including file."""

    path: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the configuration."""

    name: str
    argument: str
    parameters: Mapping[str, Value]
    sections: tuple[Item, ...] = ()
    lines: Lines = field(default=Lines(), compare=False, repr=False)

    def inner(self, name: str) -> tuple[Section, ...]:
        """Return the sections called ``name`` directly in this one."""
        return tuple(item for item in self.sections if isinstance(item, Section) and item.name == name)

    def text(self, parameter: str) -> str | None:
        """Return the text of a parameter; None where it is absent or known only to a running Fluentd."""
        value = self.parameters.get(parameter)
        return None if value is None else text_of(value)


Item: TypeAlias = "Section | Include"


def plain(item: Item) -> Item:
    """Return ``item`` as it is read back from its print: values that are text to Fluentd as text."""
    if isinstance(item, Include):
        return item
    parameters = {name: _plain_value(value) for name, value in item.parameters.items()}
    return replace(item, parameters=parameters, sections=tuple(plain(inner) for inner in item.sections))


def text_of(value: Value) -> str | None:
    """Return the text that a plugin gets to see; None for what only a running Fluentd knows, and for JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value) if isinstance(value, str | int | float | Size | Pattern) else None


def interpolated(parts: Iterable[str | Ruby]) -> str | Environment | Interpolated:
    """Return the simplest value that stands for ``parts``."""
    merged: list[str | Ruby] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    match merged:
        case []:
            return ""
        case [str() as text]:
            return text
        case [Ruby(code=code)] if found := _ENVIRONMENT.fullmatch(code):
            return Environment(found["variable"])
    return Interpolated(tuple(merged))


def _plain_value(value: Value) -> Value:
    if isinstance(value, Interpolated):
        return interpolated(value.parts)
    text = text_of(value)
    return value if text is None else text


def _duration(value: timedelta) -> str:
    """Return whole seconds in the largest unit that divides them: Fluentd reads one number and one unit."""
    if value.microseconds:
        return repr(value.total_seconds())
    seconds = round(value.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
