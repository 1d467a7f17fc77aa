"""Two values beside each other, made fit for one line of a terminal: long ones are cut around where they differ."""

from __future__ import annotations

_LONGEST = 80
_BEFORE_DIFFERENCE = 24


def side_by_side(left: str, right: str) -> tuple[str, str]:
    """Return both texts, of a long one the part around the place where they begin to differ."""
    start = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return excerpt(left, start), excerpt(right, start)


def excerpt(text: str, start: int = 0) -> str:
    """Return ``text``, or of a long one the part around ``start``."""
    if len(text) <= _LONGEST:
        return text
    first = min(max(0, start - _BEFORE_DIFFERENCE), len(text) - _LONGEST)
    last = first + _LONGEST
    return f"{'...' if first else ''}{text[first:last]}{'...' if last < len(text) else ''}"


def printable(line: str) -> str:
    """Return ``line`` without anything that a terminal would obey."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in line)
