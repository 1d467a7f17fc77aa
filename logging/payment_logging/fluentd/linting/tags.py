"""Tags and the patterns of ``<match>`` and ``<filter>``: what may match what, without events.

A pattern's parts between dots are text, ``*`` (one part), ``**`` (any number of parts) or ``{a,b}`` (one or the
other). A tag's parts are text, or unknown where a placeholder or a file's path stands.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache

#: A part of a tag, or several, that only a running Fluentd knows.
UNKNOWN = "\0"

_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|__[A-Z_]+(?:\[\d+\])?__|\$\d+|\*")


def tag_parts(tag: str) -> tuple[str, ...]:
    """Return the parts of a tag as it is written in a configuration."""
    return tuple(UNKNOWN if UNKNOWN in part else part for part in _PLACEHOLDER.sub(UNKNOWN, tag).split("."))


def alternatives(pattern: str) -> tuple[str, ...]:
    """Return the patterns that ``{a,b}`` in ``pattern`` stands for."""
    found = _ALTERNATIVES.search(pattern)
    if not found:
        return (pattern,)
    texts = (pattern[: found.start()] + choice.strip() + pattern[found.end() :] for choice in found[1].split(","))
    return tuple(one for text in texts for one in alternatives(text))


def may_match(pattern: str, tag: tuple[str, ...]) -> bool:
    """Whether ``pattern`` may match a tag; a regular expression and an interpolated pattern may match any."""
    if pattern.startswith("/") or "#{" in pattern:
        return True
    return any(_meet(tuple(one.split(".")), tag) for one in alternatives(pattern))


def covers(pattern: str, other: str) -> bool:
    """Whether ``pattern`` surely matches every tag that ``other`` matches."""
    if pattern in (other, "**"):
        return True
    if pattern.startswith("/") or other.startswith("/"):
        return False
    return all(any(_covers(wide, narrow) for wide in alternatives(pattern)) for narrow in alternatives(other))


def _covers(wide: str, narrow: str) -> bool:
    if wide in (narrow, "**"):
        return True
    prefix = wide.removesuffix(".**")
    if prefix == wide or "*" in prefix:
        return False
    return narrow == prefix or narrow.startswith(f"{prefix}.")


@cache
def _meet(pattern: tuple[str, ...], tag: tuple[str, ...]) -> bool:
    if not pattern:
        return not tag
    if pattern[0] == "**":
        return _meet(pattern[1:], tag) or (bool(tag) and _meet(pattern, tag[1:]))
    if not tag:
        return False
    if tag[0] == UNKNOWN:
        return _meet(pattern[1:], tag[1:]) or _meet(pattern[1:], tag)
    return fnmatchcase(tag[0], pattern[0].replace("**", "*").replace("[", "[[]")) and _meet(pattern[1:], tag[1:])
