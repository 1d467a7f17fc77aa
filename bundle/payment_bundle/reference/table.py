"""Tables of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_alerts.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_CODE = re.compile(r"``(.+?)``")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; each cell is Markdown already, with ``|`` escaped."""
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    """Return ``text`` as code that may stand in a cell; nothing of nothing."""
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Return each text as code, with commas."""
    return ", ".join(map(code, texts))


def prose(text: str) -> str:
    """Return a text of the sources, where code stands between two backticks, as Markdown on one line."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    """Return ``text`` escaped, with the blanks at its ends, which stand beside code."""
    before = " " if text.startswith(" ") else ""
    return f"{before}{escaped(text)}{' ' if text.strip() and text.endswith(' ') else ''}"
