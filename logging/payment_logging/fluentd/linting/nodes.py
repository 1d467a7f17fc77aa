"""A configuration as Fluentd has it after its includes: sections, each with the file that it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_logging.fluentd.model import Section

#: The patterns of a directive that has none match every tag.
EVERYTHING = "**"


@dataclass(frozen=True, slots=True)
class Node:
    """A section in ``file``, and the sections in it, from whichever file they come."""

    file: str
    section: Section
    nodes: tuple[Node, ...]

    @property
    def name(self) -> str:
        """The section's name."""
        return self.section.name

    @property
    def type(self) -> str | None:
        """The plugin that the section names; None where it names none, or only a running Fluentd knows."""
        return self.section.text("@type") or self.section.text("type")

    @property
    def place(self) -> str:
        """Where the section begins, for people."""
        return f"{self.file}:{self.section.lines.opened}"

    def text(self, parameter: str) -> str | None:
        """Return the text of a parameter; None where it is absent or known only to a running Fluentd."""
        return self.section.text(parameter)

    def inner(self, *names: str) -> tuple[Node, ...]:
        """Return the sections directly in this one that are called so."""
        return tuple(node for node in self.nodes if node.name in names)

    def patterns(self) -> tuple[str, ...]:
        """Return the patterns of a match or a filter; blanks separate them."""
        return tuple(self.section.argument.split()) or (EVERYTHING,)

    def finding(self, rule: str, message: str, parameter: str = "") -> Finding:
        """Return a finding at ``parameter``, or at the beginning of the section."""
        return Finding(self.file, self.section.lines.of(parameter), rule, message)

    def __str__(self) -> str:
        """Return the section's tag as it is written."""
        return f"<{self.name} {self.section.argument}>" if self.section.argument else f"<{self.name}>"


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Return every section, outer ones first."""
    for node in nodes:
        yield node
        yield from walk(node.nodes)


def outputs(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Return every match, and every store in one, that is an output of its own."""
    for node in walk(nodes):
        if node.name in ("match", "store"):
            yield node
