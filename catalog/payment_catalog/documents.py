"""What a generator returns: documents by path. Rendering and writing are somebody else's work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import orjson


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A finished text; ``source`` is the module that made it."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """An object to be written as JSON; ``source`` is the module that made it."""

    content: object
    source: str

    @property
    def text(self) -> str:
        """The JSON as people read it, with a line feed at its end."""
        return orjson.dumps(self.content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """An object to be written as YAML; ``source`` is the module that made it."""

    content: object
    source: str


Document: TypeAlias = TextDocument | JsonDocument | YamlDocument

#: POSIX path below the output directory → document.
Documents: TypeAlias = Mapping[str, Document]
