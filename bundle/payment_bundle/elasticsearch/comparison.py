"""Whether what a cluster has is what is wanted, though it writes the same thing another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_bundle.differences.tree import Reading, changes
from payment_logging.elasticsearch.definition import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_bundle.differences.tree import Change, Path

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
    return next(differences(wanted, there), None) is None


def differences(wanted: object, there: object) -> Iterator[Change]:
    """Return where ``there`` says something else than ``wanted``."""
    return changes(there, wanted, _READING)


def _last_in(names: frozenset[str], path: Path) -> bool:
    return bool(path) and path[-1] in names


def _equal(path: Path, there: object, wanted: object) -> bool:
    del path
    return _text(there) == _text(wanted)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_READING = Reading(
    complete=lambda path: _last_in(_NAMED, path),
    unordered=lambda path: _last_in(_UNORDERED, path),
    equal=_equal,
)
