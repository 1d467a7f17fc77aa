"""Values as they are written: bare, quoted, with Ruby in them, and as JSON.

This follows Fluentd's ``LiteralParser``, oddities included, except that Ruby code is not run and that its end
is found by counting braces outside strings instead of asking Ruby.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from payment_catalog.errors import ForeseenError
from payment_logging.fluentd.model import Environment, Interpolated, Json, Ruby, interpolated

#: The end of a line, and of a bare value: a comment begins at a blank and ``#``.
LINE_END = r"(?:[ \t]*(?:\#.*)?(?:\Z|[\r\n]))+"
#: What separates a parameter's name from what follows.
SPACING = r"(?:[ \t\r\n]|\Z|\#.*?(?:\Z|[\r\n]))+"
#: What ends a section's bare argument.
TAG_END = r"(?:[ \t\r\n]|\Z|\#.*?(?:\Z|[\r\n]))*>"
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "f": "\f", "b": "\b", "0": "\0"}

_QUOTED = re.compile(r"(?P<escape>\\['\\])|(?P<text>.)")
_LINE_BREAK = re.compile(r'(?P<before>[^"])[\r\n]')
_BACKSLASH = re.compile(r"\\(?P<character>.)")
_BRACES = re.compile(r"""[^{}'"]+|[{}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)

Written: TypeAlias = "str | Environment | Interpolated | list[Json] | dict[str, Json]"


class FluentdSyntaxError(ForeseenError):
    """A text that Fluentd cannot read; ``line`` is 1-based."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(slots=True)
class Scanner:
    """A text and how much of it has been read."""

    text: str
    position: int = 0

    def scan(self, pattern: str | re.Pattern[str]) -> str | None:
        """Return what ``pattern`` matches here, and step over it."""
        found = re.compile(pattern).match(self.text, self.position)
        if not found:
            return None
        self.position = found.end()
        return found[0]

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= len(self.text)

    def line(self, position: int | None = None) -> int:
        """Return the line of ``position``, or of where reading stands."""
        return self.text.count("\n", 0, self.position if position is None else position) + 1

    def rest_of_line(self) -> str:
        """Return what is left of this line, for people."""
        return re.split(r"[\r\n]", self.text[self.position :], maxsplit=1)[0].strip()

    def fail(self, problem: str, position: int | None = None) -> NoReturn:
        """Raise the error that ``problem`` is at ``position``, or where reading stands."""
        raise FluentdSyntaxError(self.line(position), problem)


def scan_literal(scanner: Scanner) -> Written:
    """Read a parameter's value."""
    if scanner.scan(r"[\[{]"):
        return _scan_json(scanner)
    return scan_string(scanner, LINE_END)


def scan_string(scanner: Scanner, boundary: str) -> str | Environment | Interpolated:
    """Read a quoted string, or a bare one that ends where ``boundary`` matches."""
    if scanner.scan('"'):
        return _scan_double_quoted(scanner)
    if scanner.scan("'"):
        return _scan_single_quoted(scanner)
    return scanner.scan(rf"(?:\#|(?!{boundary}).)*") or ""


def ruby_end(text: str, start: int) -> int | None:
    """Return where Ruby code that begins at ``start`` meets its closing brace; None where it never does."""
    depth, position = 0, start
    while found := _BRACES.match(text, position):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            if not depth:
                return position
            depth -= 1
        position = found.end()
    return None


def _scan_single_quoted(scanner: Scanner) -> str:
    start, characters = scanner.position - 1, ""
    while not scanner.scan("'"):
        piece = scanner.scan(_QUOTED)
        if piece is None:
            scanner.fail("expected ' at the end of the single-quoted string, which is one line", start)
        characters += piece[-1]
    return characters


def _scan_double_quoted(scanner: Scanner) -> str | Environment | Interpolated:
    start = scanner.position - 1
    parts: list[str | Ruby] = []
    while not scanner.scan('"'):
        if piece := scanner.scan(_LINE_BREAK):
            parts.append("" if piece[0] == "\\" else piece)
        elif piece := scanner.scan(_BACKSLASH):
            parts.append(_unescaped(scanner, piece[1]))
        elif scanner.scan(r"\#\{"):
            parts.append(_scan_ruby(scanner))
        elif piece := scanner.scan(r"."):
            parts.append(piece)
        else:
            scanner.fail('expected " at the end of the double-quoted string', start)
    return interpolated(parts)


def _unescaped(scanner: Scanner, character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if re.fullmatch(r"[a-zA-Z0-9]", character):
        known = " ".join(f"\\{letter}" for letter in ESCAPES)
        scanner.fail(f"\\{character} is no escape: expected one of {known}, or a symbol after the backslash")
    return character


def _scan_ruby(scanner: Scanner) -> Ruby:
    start = scanner.position
    end = ruby_end(scanner.text, start)
    if end is None:
        scanner.fail("expected } at the end of the Ruby code that #{ begins")
    scanner.position = end + 1
    return Ruby(scanner.text[start:end])


def _scan_json(scanner: Scanner) -> list[Json] | dict[str, Json]:
    """Read an array or an object over as many lines as it takes.

    ``#`` begins a comment where the array or the object could end.
    """
    start = scanner.position - 1
    closing = "]" if scanner.text[start] == "[" else "}"
    read = scanner.text[start]
    value = None
    while value is None:
        character = scanner.scan(r"(?s:.)")
        if character is None:
            scanner.fail(f"expected {closing} at the end of the {'array' if closing == ']' else 'object'}", start)
        if character == "#" and _json(re.sub(r",\Z", "", read.rstrip()) + closing) is not None:
            scanner.scan(r".*")
            continue
        read += character
        value = _json(read) if character == closing else None
    return value


def _json(text: str) -> list[Json] | dict[str, Json] | None:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return None
    return value if isinstance(value, list | dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
