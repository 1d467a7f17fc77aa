"""What a check found, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong: where, in which rule, and what.

    ``line`` is 1-based; 0 where a tool names no line. ``rule`` is the alert, the panel or the check.
    """

    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        """Return the form that editors and CI annotate: ``file:line: rule: message``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.rule}: {self.message}"
