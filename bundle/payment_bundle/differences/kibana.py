"""Where the saved objects of a space differ from the generated ones, as an export shows them.

Kibana brings an object up to its own version when it is imported, and adds what is new there: members that only Kibana
has are not compared. Parts that it keeps as JSON in a text are compared by what that says.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from payment_bundle.differences.comparison import Comparison, Difference, Nature
from payment_bundle.differences.tree import Reading, changes
from payment_bundle.kibana.connection import KibanaError
from payment_logging.kibana import saved_objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_bundle.kibana.connection import Connection
    from payment_catalog.settings import Settings
    from payment_logging.kibana.saved_object import SavedObject


def compare(settings: Settings, kibana: Connection) -> Comparison:
    """Compare every object that a push would send; raises KibanaError."""
    wanted = saved_objects(settings)
    exported, _ = kibana.export_objects((each.kind.value, each.id) for each in wanted)
    try:
        there = {(each["type"], each["id"]): each for each in exported}
    except (KeyError, TypeError):
        raise KibanaError(
            f"{kibana.server.base} answers with JSON that is not Kibana's; is the address right?"
        ) from None
    found = [each for object_ in wanted for each in _object(object_, there.get((object_.kind.value, object_.id)))]
    return Comparison("kibana", kibana.server.base, f"{len(wanted)} objects", tuple(found))


def _object(wanted: SavedObject, there: Mapping[str, Any] | None) -> Iterator[Difference]:
    subject = f"{wanted.kind.words} '{wanted.title}'"
    if there is None:
        yield Difference(subject, "is missing", Nature.MISSING)
        return
    content = wanted.content
    for change in changes(_opened(there.get("attributes")), _opened(content["attributes"]), _READING):
        yield Difference(subject, change.words())
    left, right = _references(there.get("references")), _references(content["references"])
    if left != right:
        yield Difference(subject, f"refers to {_listed(left)}, generated is {_listed(right)}")


def _references(references: Any) -> set[tuple[str, str]]:
    return {(str(each.get("type")), str(each.get("id"))) for each in references or () if isinstance(each, dict)}


def _listed(references: set[tuple[str, str]]) -> str:
    return ", ".join(f"{kind} {identifier}" for kind, identifier in sorted(references)) or "nothing"


def _opened(value: Any) -> Any:
    """Return ``value`` with the JSON in its texts read."""
    match value:
        case dict():
            return {key: _opened(item) for key, item in value.items()}
        case list():
            return [_opened(item) for item in value]
        case str() if value[:1] in {"{", "["}:
            try:
                return _opened(json.loads(value))
            except ValueError:
                return value
    return value


_READING = Reading()
