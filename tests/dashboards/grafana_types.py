"""What Grafana's own types make of a dashboard: a field that they do not know is lost on the way through them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Settings of the Prometheus data source for annotations, which the types leave to each data source.
_OF_PROMETHEUS = frozenset({"step", "tagKeys", "textFormat", "titleFormat", "useValueForTime"})

register_default_plugins()


def lost_fields(dashboard: dict[str, Any]) -> list[str]:
    """Return the path of each field that does not come back from Grafana's types as it was."""
    returned = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    return list(_lost(dashboard, returned, ""))


def _lost(sent: object, returned: object, path: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(returned, dict):
        for key, value in sent.items():
            if key in returned:
                yield from _lost(value, returned[key], f"{path}.{key}")
            elif not (path.startswith(".annotations.list.") and key in _OF_PROMETHEUS):
                yield f"{path}.{key}"
    elif isinstance(sent, list) and isinstance(returned, list) and len(sent) == len(returned):
        for index, (left, right) in enumerate(zip(sent, returned, strict=True)):
            yield from _lost(left, right, f"{path}.{index}")
    elif sent != returned:
        yield path
