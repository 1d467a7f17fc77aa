"""Plain text inside Markdown."""

from __future__ import annotations

import re

#: What starts emphasis, code, HTML or the cell of a table, and the bracket that ends the text of a link. Nothing can
#: stand at the beginning of a line, as line ends become spaces.
_SPECIAL = re.compile(r"[\\`*_{}<>|~&]|\](?=[(\[:])")


def escaped(text: str) -> str:
    """Return ``text`` as Markdown on one line that shows exactly that text, also in the cell of a table."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))
