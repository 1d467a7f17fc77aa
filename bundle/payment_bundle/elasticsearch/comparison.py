"""Whether what a cluster has is what is wanted, though it writes the same thing another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_logging.elasticsearch.definition import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Members of these are people's: one more is a difference. Elsewhere it is a default that the server wrote out.
_NAMED = frozenset({"actions", "fields", "phases", "properties", "template"})

#: Lists of a role, which a cluster may return in another order.
_UNORDERED = frozenset({"cluster", "names", "privileges", "resources"})


def stored(kind: Kind, name: str, answer: Mapping[str, Any]) -> Any:
    """Return the object out of the answer to ``GET`` of its path; raises ValueError where it is not in there."""
    try:
        match kind:
            case Kind.COMPONENT_TEMPLATE:
                return answer["component_templates"][0]["component_template"]
            case Kind.INDEX_TEMPLATE:
                return answer["index_templates"][0]["index_template"]
            case Kind.LIFECYCLE_POLICY | Kind.ROLE:
                return answer[name]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"the answer has no {kind}") from None


def is_same(wanted: object, there: object) -> bool:
    """Return whether ``there`` says all that ``wanted`` says, and nothing beside it that is not a default.

    Numbers and truth values may be texts, as in the settings that a cluster returns.
    """
    return _is_same(wanted, there, "")


def _is_same(wanted: object, there: object, key: str) -> bool:
    if isinstance(wanted, dict):
        if not isinstance(there, dict) or (key in _NAMED and there.keys() - wanted.keys()):
            return False
        return all(name in there and _is_same(value, there[name], name) for name, value in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(there, list) or len(wanted) != len(there):
            return False
        if all(isinstance(item, str) for item in (*wanted, *there)):
            return wanted == there or (key in _UNORDERED and sorted(wanted) == sorted(there))
        return all(_is_same(one, other, "") for one, other in zip(wanted, there, strict=True))
    return not isinstance(there, (dict, list)) and _text(wanted) == _text(there)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
