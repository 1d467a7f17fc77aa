"""Alertmanager's matchers, as our configuration writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MATCHER = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)(=~|!~|!=|=)"(.*)"')


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label; a label that is missing counts as empty, a pattern is about the whole value."""

    name: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the condition holds for ``labels``."""
        found = labels.get(self.name, "")
        equal = re.fullmatch(self.value, found) is not None if "~" in self.operator else found == self.value
        return equal != self.operator.startswith("!")


def parse_matcher(text: str) -> Matcher:
    """Return what a matcher such as ``priority=~"P0|P1"`` means; raises ValueError."""
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no matcher of Alertmanager's")
    return Matcher(*found.groups())


def parse_matchers(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """Return the matchers of a route or of a rule; raises ValueError."""
    return tuple(map(parse_matcher, texts))


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Tell whether every one of the conditions holds."""
    return all(matcher.matches(labels) for matcher in matchers)
