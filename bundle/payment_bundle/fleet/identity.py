"""Which settings are only ever printed, and the same settings with a placeholder in place of each of them.

An identity value, such as ``https://grafana.shop.example:3000/team``, is taken apart into words
(``grafana.shop.example``, ``team``) and what stands between them. Only words become placeholders. What is escaped
somewhere - slashes in addresses, ``#`` in YAML, ``_`` in Markdown - stays, and so do ports, schemes, and words that
YAML or anybody else could take for something else than a text, such as ``yes`` or ``123``. So two services with the
same anonymous settings differ in nothing but words of letters, digits, dots and hyphens that begin with a letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from payment_catalog.grafana_names import LONGEST_PREFIX, uid_prefix
from payment_catalog.own_names import RUNBOOKS_SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_catalog.loading import KeyPath
    from payment_catalog.settings import Settings

#: Key paths of identity values, ``*`` for any key. A dot may stand in those of the second list.
_WITHOUT_DOTS = (("service",), ("exporter",), ("namespace",), ("logs", "s3_region"))
_WITH_DOTS = (
    ("registry",),
    ("labels", "*"),
    ("urls", "*"),
    *(("environments", "*", what, "*") for what in ("service", "exporter", "kube_state_metrics", "kubelet", "fluentd")),
    *(("scraping", what, "*") for what in ("alertmanagers", "prometheus")),
    *(("contact_points", "*", what) for what in ("channel", "url_file", "routing_key_file", "to", "url", "token_file")),
    *(("smtp", what) for what in ("smarthost", "sender", "username", "password_file")),
    ("logs", "elasticsearch", "*"),
    *(("logs", what) for what in ("s3_bucket", "s3_prefix")),
    *(("backups", what) for what in ("directory", "s3_bucket")),
    *(("kubernetes", what) for what in ("database", "redis", "gateway", "merchant_id")),
)
_KINDS = tuple((path, dotted) for paths, dotted in ((_WITHOUT_DOTS, False), (_WITH_DOTS, True)) for path in paths)

_BETWEEN_WORDS = re.compile(r"(^https?://|:\d+(?=/|$)|[^A-Za-z0-9.-]+)")
_WORD = re.compile(r"[A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\d+(?:\.\d+){3}")
#: YAML 1.1 reads these as something else than a text.
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Settings with a placeholder for each word, and the words; equal ``key``: equal settings but for the words."""

    settings: Settings
    placeholders: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def key(self) -> str:
        """A text that is equal for equal anonymous settings; a level that is null is another than one left out."""
        levels = [(key, *sorted(found.model_fields_set)) for key, found in self.settings.thresholds.items()]
        return f"{levels}{self.settings.model_dump_json()}"


def anonymous(settings: Settings) -> Anonymous:
    """Return ``settings`` without their identity; equal values of one kind have one placeholder."""
    new: dict[KeyPath, str] = {}
    masked: dict[tuple[str, bool], str] = {}
    placeholders: list[str] = []
    words: list[str] = []
    for path, value in _texts(settings, ()):
        dotted = _dotted(path)
        if dotted is None or (path == ("service",) and value == RUNBOOKS_SERVICE):
            continue
        if (value, dotted) not in masked:
            parts = _BETWEEN_WORDS.split(value)
            for index, word in enumerate(parts):
                if index % 2 == 0 and _is_plain(word):
                    placeholders.append(_placeholder(len(words), word, dotted=dotted))
                    words.append(word)
                    parts[index] = placeholders[-1]
            masked[value, dotted] = "".join(parts)
        new[path] = masked[value, dotted]
    masked_settings: Settings = _replaced(settings, (), new)
    if len(settings.service) > LONGEST_PREFIX:
        placeholders.append(uid_prefix(masked_settings))
        words.append(uid_prefix(settings))
    return Anonymous(masked_settings, tuple(placeholders), tuple(words))


def _placeholder(number: int, word: str, *, dotted: bool) -> str:
    """Return a word that stands nowhere else, with each character that is escaped somewhere.

    One with a capital letter shows where letters are made small; a long one is cut where the word would be.
    """
    letter = "q" if word == word.lower() else "Q"
    filling = "q" * (LONGEST_PREFIX if len(word) > LONGEST_PREFIX and not dotted else 1)
    return f"z{letter}{number:04d}-{'d.' if dotted else ''}{filling}z"


def _is_plain(word: str) -> bool:
    return bool(_WORD.fullmatch(word)) and word.lower() not in _NO_TEXT


@lru_cache(maxsize=4096)
def _dotted(path: KeyPath) -> bool | None:
    """Return whether the identity value at ``path`` may have dots; None where there is none."""
    for pattern, dotted in _KINDS:
        if len(pattern) == len(path) and all(map(_fits, pattern, path)):
            return dotted
    return None


def _fits(expected: str, found: str | int) -> bool:
    return expected in {"*", found}


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    else:
        for key, child in _children(value):
            yield from _texts(child, (*path, key))


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from enumerate(value)


def _replaced(value: Any, path: KeyPath, new: Mapping[KeyPath, str]) -> Any:
    if isinstance(value, str):
        return new.get(path, value)
    if isinstance(value, tuple):
        return tuple(_replaced(child, (*path, key), new) for key, child in _children(value))
    changed: dict[Any, Any] = {
        key: made for key, child in _children(value) if (made := _replaced(child, (*path, key), new)) != child
    }
    if isinstance(value, BaseModel):
        return value.model_copy(update=changed) if changed else value
    return {**value, **changed} if isinstance(value, dict) else value
