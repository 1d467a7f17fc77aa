"""The printer of Fluentd's configuration: whatever a value holds, it stays one value in its place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from payment_logging.fluentd.literals import ESCAPES, ruby_end
from payment_logging.fluentd.model import (
    Environment,
    Include,
    Interpolated,
    Item,
    Section,
    Value,
    interpolated,
    text_of,
)
from payment_logging.fluentd.parsing import RESERVED, STRICT_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%*+-][A-Za-z0-9_./:@%*+,-]*")
_PATTERN = re.compile(r"/[^\x00-\x1f]*/[im]*")
_SECTION = re.compile(r"[a-z][a-z0-9_]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z0-9_@$.-]+")
_ARGUMENT = re.compile(r"(?:[A-Za-z0-9_.*@$/:|{},-]+(?: [A-Za-z0-9_.*@$/:|{},-]+)*)?")
_ESCAPED = {character: f"\\{letter}" for letter, character in ESCAPES.items()}


def print_sections(items: Iterable[Item]) -> str:
    """Return the text of a configuration; raises ValueError for a name that is none."""
    return "\n".join("\n".join(_lines(item, 0)) + "\n" for item in items)


def print_value(value: Value) -> str:
    """Return ``value`` so that it stays one value on one line, whatever it holds."""
    if isinstance(value, Interpolated):
        value = interpolated(value.parts)
    match value:
        case Environment():
            return f"\"#{{ENV['{_checked(value.variable, _VARIABLE)}']}}\""
        case Interpolated():
            return _double_quoted(value)
        case list() | dict():
            return json.dumps(value, allow_nan=False).replace("#", "\\u0023")
    text = text_of(value) or ""
    if isinstance(value, float) and not re.fullmatch(r"[-+0-9.e]+", text):
        raise ValueError(f"{text} is no number to Fluentd")
    return text if _PLAIN.fullmatch(text) or _stays_a_pattern(text) else _quoted(text)


def _stays_a_pattern(text: str) -> bool:
    """Whether ``text`` is a pattern between slashes that needs no quotes: no comment begins in it."""
    return bool(_PATTERN.fullmatch(text)) and " #" not in text


def _quoted(text: str) -> str:
    """Return a single-quoted string, which knows only ``\\'`` and ``\\\\``; control characters need double quotes."""
    if any(character in text for character in _ESCAPED):
        return f'"{_escaped(text)}"'
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _escaped(text: str) -> str:
    backslashed = re.sub(r'[\\"#]', r"\\\g<0>", text)
    return "".join(_ESCAPED.get(character, character) for character in backslashed)


def _double_quoted(value: Interpolated) -> str:
    printed = ""
    for part in value.parts:
        if isinstance(part, str):
            printed += _escaped(part)
        elif "\n" in part.code or ruby_end(part.code + "}", 0) != len(part.code):
            raise ValueError(
                f"{part.code!r} cannot stand in Fluentd's configuration: expected one line, braces in pairs"
            )
        else:
            printed += f"#{{{part.code}}}"
    return f'"{printed}"'


def _lines(item: Item, depth: int) -> Iterable[str]:
    indent = "  " * depth
    if isinstance(item, Include):
        yield f"{indent}@include {print_value(item.path)}"
        return
    name = _checked(item.name, _SECTION)
    argument = item.argument if _ARGUMENT.fullmatch(item.argument) else _quoted(item.argument)
    yield f"{indent}<{name} {argument}>" if argument else f"{indent}<{name}>"
    for parameter, value in item.parameters.items():
        yield f"{indent}  {_parameter(item, parameter)} {print_value(value)}"
    for inner in item.sections:
        yield from _lines(inner, depth + 1)
    yield f"{indent}</{name}>"


def _parameter(section: Section, name: str) -> str:
    reserved = name.startswith("@") and name not in RESERVED
    if not name or name == "@include" or (reserved and section.name in STRICT_SECTIONS):
        raise ValueError(f"{name!r} cannot stand in Fluentd's configuration as a parameter of <{section.name}>")
    return name if _PARAMETER.fullmatch(name) else _quoted(name)


def _checked(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} cannot stand in Fluentd's configuration")
    return text
