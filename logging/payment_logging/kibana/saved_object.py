"""A model of Kibana's saved objects, as its export writes them: one line of JSON each.

The versions are those of Kibana 8.9. A later Kibana brings an object up to its own version when it is imported; an
earlier one refuses it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST_KIBANA = (8, 9)
_CORE_VERSION = "8.8.0"


class Kind(StrEnum):
    """A type of saved object."""

    DATA_VIEW = "index-pattern"
    SEARCH = "search"
    CHART = "lens"
    BOARD = "dashboard"

    @property
    def words(self) -> str:
        """What people call it."""
        return {"index-pattern": "data view", "search": "saved search", "lens": "chart"}.get(self.value, self.value)


_VERSIONS = {Kind.DATA_VIEW: "8.0.0", Kind.SEARCH: "8.0.0", Kind.CHART: "8.9.0", Kind.BOARD: "8.9.0"}


@dataclass(frozen=True, slots=True)
class Reference:
    """What an object says of another one, under a name that stands for its id."""

    name: str
    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class SavedObject:
    """An object by its kind and id; ``attributes`` has its title."""

    kind: Kind
    id: str
    attributes: Mapping[str, Any] = field(repr=False)
    references: tuple[Reference, ...] = ()

    @property
    def title(self) -> str:
        """What Kibana shows for it."""
        return str(self.attributes.get("name") or self.attributes["title"])

    @property
    def content(self) -> dict[str, Any]:
        """The object as Kibana's export has it."""
        return {
            "attributes": dict(self.attributes),
            "coreMigrationVersion": _CORE_VERSION,
            "id": self.id,
            "managed": False,
            "references": [{"id": each.id, "name": each.name, "type": each.kind.value} for each in self.references],
            "type": self.kind.value,
            "typeMigrationVersion": _VERSIONS[self.kind],
        }


def to_ndjson(objects: tuple[SavedObject, ...]) -> str:
    """Return the file that Kibana imports."""
    return "".join(f"{as_text(each.content)}\n" for each in objects)


def as_text(content: object) -> str:
    """Return ``content`` as JSON on one line, as Kibana keeps the inner parts of an object."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def kql(query: str) -> dict[str, str]:
    """Return a query in Kibana's language."""
    return {"query": query, "language": "kuery"}
