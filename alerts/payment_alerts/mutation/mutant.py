"""A mutant: a rule with one small change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class Kind(StrEnum):
    """What is changed."""

    COMPARATOR = "comparator"
    THRESHOLD = "threshold"
    NUMBER = "number"
    RANGE = "range"
    OFFSET = "offset"
    FOR = "for"
    KEEP_FIRING = "keep_firing_for"
    MATCHER = "matcher"
    AGGREGATION = "aggregation"
    GROUPING = "grouping"
    MATCHING = "matching"
    OPERATOR = "operator"
    OPERAND = "operand"
    FUNCTION = "function"
    GUARD = "guard"
    SIDES = "sides"


@dataclass(frozen=True, slots=True)
class Mutant:
    """``rule`` with ``before`` replaced by ``after``.

    ``expr`` is the whole changed expression, ``position`` where it changes, counted from 0 in the expression as
    ``places.write`` writes it. ``pending`` and ``keep_firing`` replace the rule's ``for`` and
    ``keep_firing_for`` where that is what changes; then ``position`` is 0 and ``expr`` is the rule's.
    """

    rule: str
    kind: Kind
    position: int
    before: str
    after: str
    expr: str
    pending: timedelta | None = None
    keep_firing: timedelta | None = None

    @property
    def change(self) -> str:
        """The change as people read it."""
        return f"{self.before or 'nothing'} -> {self.after or 'nothing'}"

    def __str__(self) -> str:
        """Return rule, kind and change on one line."""
        where = "" if self.kind in {Kind.FOR, Kind.KEEP_FIRING} else f" at {self.position}"
        return f"{self.rule}: {self.kind}{where}: {self.change}"
