"""What a long command tells whoever waits for it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Takes one finished line at a time."""

    def __call__(self, line: str, /) -> None:
        """Show ``line``."""


def silent(line: str, /) -> None:
    """Show nothing."""
    del line
