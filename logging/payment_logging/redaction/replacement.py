"""An expression, and what stands in the place of its matches."""

from __future__ import annotations

from dataclasses import dataclass

#: What stands for a card number, and for a credential; the latter is the service's own.
CARD, SECRET = "[card]", "[redacted]"
#: Before a value of JSON that is no string: only there may its mark bring quotes of its own.
JSON_NAME_END = r'(?<!\\)":\x20?'
#: After such a value.
JSON_VALUE_END = r"(?=\x20?[,}\]])"


@dataclass(frozen=True, slots=True)
class Replacement:
    r"""Each match of ``expression`` becomes ``replacement``, in which ``\1`` is the first group."""

    expression: str
    replacement: str
