"""The parser of Fluentd's configuration, format v1 (``lib/fluent/config/v1_parser.rb`` of Fluentd)."""

from __future__ import annotations

from dataclasses import dataclass, field

from payment_logging.fluentd.literals import (
    LINE_END,
    SPACING,
    TAG_END,
    FluentdSyntaxError,
    Scanner,
    scan_literal,
    scan_string,
)
from payment_logging.fluentd.model import Include, Item, Lines, Section, Value

__all__ = ["FluentdSyntaxError", "parse_sections"]

#: Parameters that Fluentd itself reads.
RESERVED = ("@type", "@id", "@label", "@log_level")
#: Sections that may have no other parameter that begins with ``@``.
STRICT_SECTIONS = ("match", "source", "filter", "system")
_NAME = r"[a-zA-Z0-9_]+"


@dataclass(slots=True)
class _Open:
    """A section whose end has not been read."""

    name: str
    argument: str
    line: int
    parameters: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def closed(self) -> Section:
        lines = Lines(self.line, self.lines, tuple(self.repeated))
        return Section(self.name, self.argument, self.parameters, tuple(self.items), lines)


def parse_sections(text: str) -> tuple[Item, ...]:
    """Return the sections and includes of a configuration; raises FluentdSyntaxError."""
    scanner = Scanner(text)
    root = _Open("", "", 1)
    stack = [root]
    while True:
        scanner.scan(SPACING)
        if scanner.at_end():
            break
        if scanner.scan("</"):
            _close(scanner, stack)
        elif scanner.scan("<"):
            stack.append(_open(scanner))
        elif len(stack) == 1 and scanner.scan(rf"@?include{SPACING}"):
            _include(scanner, root)
        else:
            _parameter(scanner, stack)
    if len(stack) > 1:
        name, line = stack[-1].name, stack[-1].line
        raise FluentdSyntaxError(line, f"<{name}> is never closed: expected </{name}> before the end of the text")
    return tuple(root.items)


def _open(scanner: Scanner) -> _Open:
    line = scanner.line()
    name = scanner.scan(_NAME)
    if name is None:
        scanner.fail("expected the name of a section after <")
    scanner.scan(SPACING)
    argument = scan_string(scanner, TAG_END)
    if not isinstance(argument, str):
        scanner.fail(f"expected plain text as the argument of <{name}>: what Ruby makes of it is not known here")
    scanner.scan(SPACING)
    if not scanner.scan(">"):
        scanner.fail(f"expected > at the end of <{name}")
    if scanner.scan(LINE_END) is None:
        scanner.fail(f"expected the end of the line after <{name}>, found {scanner.rest_of_line()}")
    return _Open(name, argument, line)


def _close(scanner: Scanner, stack: list[_Open]) -> None:
    line = scanner.line()
    name = scanner.scan(_NAME) or ""
    scanner.scan(SPACING)
    if not scanner.scan(">"):
        scanner.fail(f"expected > at the end of </{name}")
    if len(stack) == 1:
        raise FluentdSyntaxError(line, f"</{name}> closes nothing: expected a section or the end of the text")
    section = stack[-1]
    if name != section.name:
        raise FluentdSyntaxError(line, f"expected </{section.name}> for line {section.line}, found </{name}>")
    if scanner.scan(LINE_END) is None:
        scanner.fail(f"expected the end of the line after </{name}>, found {scanner.rest_of_line()}")
    stack.pop()
    stack[-1].items.append(section.closed())


def _parameter(scanner: Scanner, stack: list[_Open]) -> None:
    section, line = stack[-1], scanner.line()
    name = scan_string(scanner, SPACING)
    if not isinstance(name, str):
        scanner.fail("expected a parameter's name as plain text")
    if len(stack) == 1:
        scanner.fail(f"expected a section, an @include or a comment, found the parameter {name}")
    if scanner.at_end():
        return
    blank = scanner.scan(r"[ \t\r\n]+")
    if blank is None:
        scanner.fail(f"expected a blank after {name}, found {scanner.rest_of_line()}")
    without_value = "\n" in blank or scanner.at_end()
    if name == "@include" and not without_value:
        _include(scanner, section)
        return
    value = "" if without_value else _value(scanner, name, section)
    if name in section.parameters:
        section.repeated.append((name, line))
    section.parameters[name] = value
    section.lines[name] = line


def _value(scanner: Scanner, name: str, section: _Open) -> Value:
    if name.startswith("@") and name not in RESERVED and section.name in STRICT_SECTIONS:
        scanner.fail(f"expected one of {', '.join(RESERVED)}: @ is Fluentd's own prefix, found {name}")
    value = scan_literal(scanner)
    if scanner.scan(LINE_END) is None:
        scanner.fail(f"expected the end of the line after the value of {name}, found {scanner.rest_of_line()}")
    return value


def _include(scanner: Scanner, section: _Open) -> None:
    line = scanner.line()
    path = scan_string(scanner, LINE_END)
    if not isinstance(path, str):
        scanner.fail("expected the path of an include as plain text: what Ruby makes of it is not known here")
    scanner.scan(LINE_END)
    section.items.append(Include(path, line))
