"""What a profile is: stacks with values. Names, files, lines and sizes; never the value of a variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Frame(NamedTuple):
    """One call: the function's qualified name, its file, the line it has reached, and its first line."""

    function: str
    file: str
    line: int
    start_line: int = 0


Stack = tuple[Frame, ...]
"""The innermost call comes first."""


class ValueType(NamedTuple):
    """What a number counts, and its unit, for example ``cpu`` in ``nanoseconds``."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A stack, a value for each of the profile's types, and labels that set it apart."""

    stack: Stack
    values: tuple[int, ...]
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples and how they came about.

    The last of ``sample_types`` is the one that tools show first. ``started`` is nanoseconds since the epoch,
    ``duration`` nanoseconds; ``period`` is the distance of two samples in the unit of ``period_type``, 0 when
    nothing was left out. ``headline`` and ``comments`` are for people.
    """

    headline: str
    sample_types: tuple[ValueType, ...]
    samples: tuple[Sample, ...]
    started: int
    duration: int = 0
    period_type: ValueType | None = None
    period: int = 0
    comments: tuple[str, ...] = ()
