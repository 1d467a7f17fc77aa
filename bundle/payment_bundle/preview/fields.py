"""Which options a field has, after the overrides that match its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from payment_bundle.preview.field_config import FieldOptions

if TYPE_CHECKING:
    from payment_bundle.preview.field_config import FieldConfig, Matcher


class Fields:
    """The options of a panel's fields, by name."""

    def __init__(self, config: FieldConfig) -> None:
        self._config = config
        self._known: dict[tuple[str, str, str], FieldOptions] = {}

    def of(self, name: str, ref: str = "", renamed_from: str = "") -> FieldOptions:
        """Return the options of the field ``name`` that the query ``ref`` gave; its old name counts as well."""
        key = (name, ref, renamed_from)
        if key not in self._known:
            self._known[key] = self._overridden({name, renamed_from or name}, ref)
        return self._known[key]

    def _overridden(self, names: set[str], ref: str) -> FieldOptions:
        changes: dict[str, Any] = {}
        for override in self._config.overrides:
            if _matches(override.matcher, names, ref):
                for change in override.properties:
                    _place(changes, change.id.split("."), change.value)
        if not changes:
            return self._config.defaults
        defaults = self._config.defaults.model_dump(by_alias=True)
        return FieldOptions.model_validate(_merged(defaults, changes))


def _matches(matcher: Matcher, names: set[str], ref: str) -> bool:
    match matcher.id:
        case "byName":
            return matcher.options in names
        case "byRegexp":
            pattern = str(matcher.options)
            body = re.fullmatch(r"/(.*)/[a-z]*", pattern, re.DOTALL)
            return any(re.search(body[1] if body else pattern, name) for name in names)
        case "byFrameRefID":
            return bool(matcher.options == ref)
    return False


def _place(changes: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        changes = changes.setdefault(parent, {})
    changes[last] = value


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        **base,
        **{
            key: _merged(base[key], value) if _both_objects(base.get(key), value) and key == "custom" else value
            for key, value in changes.items()
        },
    }


def _both_objects(first: object, second: object) -> bool:
    return isinstance(first, dict) and isinstance(second, dict)
