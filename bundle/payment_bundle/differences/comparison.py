"""The outcome of comparing one server with what is generated, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from payment_bundle.side_by_side import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Nature(StrEnum):
    """How something differs."""

    MISSING = "missing"
    CHANGED = "changed"
    SURPLUS = "surplus"


_SIGNS = {Nature.MISSING: "+", Nature.CHANGED: "~", Nature.SURPLUS: "-"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as generated; ``text`` is the rest of the sentence that begins with ``subject``."""

    subject: str
    text: str
    nature: Nature = Nature.CHANGED

    @property
    def line(self) -> str:
        """The difference as a line of text, without anything that a terminal would obey."""
        return printable(f"  {_SIGNS[self.nature]} {self.subject}: {self.text}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs at ``place`` (an address, or files); ``compared`` says what was compared, such as ``35 groups``.

    ``notes`` say what could not be compared, and what else one should know of the place.
    """

    target: str
    place: str
    compared: str
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def lines(self) -> Iterator[str]:
        """Return the outcome for people."""
        yield from (difference.line for difference in self.differences)
        yield from (f"  ({printable(note)})" for note in self.notes)
        if self.same:
            yield f"{self.place}: {self.compared} are as generated"
        else:
            count = len(self.differences)
            yield f"{self.place}: {count} difference{'' if count == 1 else 's'} in {self.compared}"

    def content(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {
            "target": self.target,
            "place": self.place,
            "compared": self.compared,
            "same": self.same,
            "differences": [
                {"subject": each.subject, "nature": each.nature.value, "text": each.text} for each in self.differences
            ],
            "notes": list(self.notes),
        }
