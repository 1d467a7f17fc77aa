"""A thing that the catalogue knows: a line in a list, and a sheet of facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

#: Plain data, as JSON has it too.
Fact: TypeAlias = "str | float | tuple[str, ...] | None"
Facts: TypeAlias = Mapping[str, Fact]


class Kind(StrEnum):
    """The kinds of things."""

    METRICS = "metrics"
    ALERTS = "alerts"
    SLOS = "slos"
    INCIDENTS = "incidents"
    RECORDINGS = "recordings"
    THRESHOLDS = "thresholds"

    @property
    def singular(self) -> str:
        """One of them, in a sentence."""
        return "SLO" if self is Kind.SLOS else self.value.removesuffix("s")


@dataclass(frozen=True, slots=True)
class Entry:
    """``brief`` are the columns of a list by their headings; ``facts`` makes the sheet, which can take a second.

    ``also`` are further names by which it is found.
    """

    name: str
    brief: Mapping[str, str]
    facts: Callable[[], Facts]
    also: frozenset[str] = frozenset()

    def mentions(self, text: str) -> bool:
        """Return whether name or columns have ``text`` in them, in whatever case."""
        return any(text.casefold() in words.casefold() for words in (self.name, *self.also, *self.brief.values()))
