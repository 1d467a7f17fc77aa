"""A table of a report, whatever form the report has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Where nothing is known.
NOTHING = "–"


class Tone(StrEnum):
    """How good a row is."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: plain texts of any content."""

    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """A table with what there is to say about it; figures stand in all columns from the index ``figures`` on."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    figures: int
    note: str = ""


def share(value: float | None) -> str:
    """Return a share of one as a percentage."""
    return NOTHING if value is None else f"{value:.1%}"


def decimal(value: float | None) -> str:
    """Return a number with two decimals."""
    return NOTHING if value is None else f"{value:.2f}"
