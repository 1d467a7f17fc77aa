"""Text that others wrote, made fit for one line of a terminal."""

from __future__ import annotations

_LONGEST = 300


def one_line(text: str) -> str:
    """Return ``text`` without line breaks and control characters, cut where it is very long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
