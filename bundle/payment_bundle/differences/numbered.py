"""Names for things of which several may be called the same."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

ThingT = TypeVar("ThingT")


def numbered(named: Iterable[tuple[str, ThingT]]) -> dict[str, ThingT]:
    """Return the things by their names; of those that share one, the later ones with a number."""
    seen = Counter[str]()
    found = {}
    for name, thing in named:
        seen[name] += 1
        found[f"{name} ({seen[name]})" if seen[name] > 1 else name] = thing
    return found
