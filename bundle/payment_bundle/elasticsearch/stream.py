"""The data stream: created where it is missing, and given a new index where its newest one is not as wanted.

Templates bear upon new indices only. What the newest index was made of stands in its mapping's ``_meta``, so that a
push that was broken off between templates and data stream is mended by the next one.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from payment_bundle.elasticsearch.connection import ElasticsearchError, RefusedError
from payment_logging.elasticsearch.definition import MANAGED_BY

if TYPE_CHECKING:
    from payment_bundle.elasticsearch.connection import Connection


class Standing(Enum):
    """What is to be done about a data stream."""

    MISSING = auto()
    OUTDATED = auto()
    UNCHANGED = auto()


def standing(cluster: Connection, name: str, version: str) -> Standing:
    """Return how the data stream stands to the ``version`` wanted; raises ElasticsearchError."""
    found = cluster.get(f"/_resolve/index/{name}") or {}
    if found.get("indices") or found.get("aliases"):
        raise RefusedError(
            f"{name} is an index or an alias there, no data stream; delete it, or rename it by a reindex"
        )
    if not found.get("data_streams"):
        return Standing.MISSING
    try:
        newest = found["data_streams"][0]["backing_indices"][-1]
        about = (cluster.get(f"/{newest}/_mapping") or {})[newest]["mappings"].get("_meta", {})
    except (KeyError, IndexError, TypeError):
        raise ElasticsearchError(
            f"{cluster.server.shown} answers with JSON that is not Elasticsearch's: {name} has no newest index"
        ) from None
    same = about.get("managed_by") == MANAGED_BY and about.get("version") == version
    return Standing.UNCHANGED if same else Standing.OUTDATED
