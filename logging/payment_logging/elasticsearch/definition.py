"""What Elasticsearch is given: one definition for each object, as the body of the request that creates it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MANAGED_BY = "payobs"


class Kind(StrEnum):
    """What an object is, in words."""

    COMPONENT_TEMPLATE = "component template"
    LIFECYCLE_POLICY = "lifecycle policy"
    INDEX_TEMPLATE = "index template"
    ROLE = "role"


_PATHS = {
    Kind.COMPONENT_TEMPLATE: "/_component_template",
    Kind.LIFECYCLE_POLICY: "/_ilm/policy",
    Kind.INDEX_TEMPLATE: "/_index_template",
    Kind.ROLE: "/_security/role",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """An object of a cluster: ``PUT`` of ``body`` to ``path`` creates or replaces it.

    ``file`` is its place among the generated files. Where the server knows no object of the kind that ``needs`` names,
    this one cannot be created either.
    """

    kind: Kind
    name: str
    file: str
    body: Mapping[str, Any]
    needs: Kind | None = None

    @property
    def path(self) -> str:
        """The object's path in the HTTP API."""
        return f"{_PATHS[self.kind]}/{self.name}"


def meta(description: str, *content: object) -> dict[str, str]:
    """Return the ``_meta`` of an object: what it is, and the version of ``content``, which changes with it."""
    return {"description": description, "managed_by": MANAGED_BY, "version": version(*content)}


def version(*content: object) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of ``content`` as JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
