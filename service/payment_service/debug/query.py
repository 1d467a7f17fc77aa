"""Parameters of a request: whole numbers within bounds, nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = re.compile(r"[0-9]{1,4}")
_MAX_FIELDS = 10
_SHOWN = 40


class BadQueryError(ForeseenError):
    """A parameter that is unknown, doubled or out of bounds."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number from ``least`` to ``most``; ``default`` when it is not given."""

    name: str
    least: int
    most: int
    default: int


def parse_query(query: str, allowed: Sequence[Parameter]) -> dict[str, int]:
    """Return a value for each allowed parameter; raises BadQueryError, which says what is allowed."""
    try:
        given = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise BadQueryError(f"more than {_MAX_FIELDS} parameters; allowed: {_names(allowed)}") from None
    values = {parameter.name: parameter.default for parameter in allowed}
    seen = set()
    for name, text in given:
        parameter = next((each for each in allowed if each.name == name), None)
        if parameter is None:
            raise BadQueryError(f"parameter {quote(name)} is unknown; allowed: {_names(allowed)}")
        if name in seen:
            raise BadQueryError(f"{name}: found more than once; allowed: once")
        seen.add(name)
        if not _WHOLE.fullmatch(text) or not parameter.least <= int(text) <= parameter.most:
            raise BadQueryError(
                f"{name}: found {quote(text)}; allowed: whole numbers from {parameter.least} to {parameter.most}"
            )
        values[name] = int(text)
    return values


def quote(text: str) -> str:
    """Return foreign text fit for a line of ASCII."""
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _names(allowed: Sequence[Parameter]) -> str:
    return ", ".join(parameter.name for parameter in allowed) or "none"
