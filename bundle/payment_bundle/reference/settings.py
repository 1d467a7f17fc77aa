"""The settings, out of the JSON Schema that editors use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from payment_bundle.reference.table import code, prose, table
from payment_catalog.schema import settings_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]
#: What tells the forms of a value apart has no words of its own.
_OF_A_FORM = {"type": "A form with the keys that follow."}
#: Longer defaults are told by the comments of ``bundle.yaml``.
_LONGEST_DEFAULT = 60


def settings() -> str:
    """Return a row for each key of ``bundle.yaml`` that has a value of its own, in the order of the schema."""
    schema = settings_schema()
    return table(("key", "value", "default", "what it is"), _rows(schema, schema["$defs"], ""))


def _rows(parent: Schema, definitions: Mapping[str, Schema], path: str) -> Iterator[tuple[str, ...]]:
    for name, given in parent.get("properties", {}).items():
        schema = _resolved(given, definitions)
        key = f"{path}{name}"
        if schema.get("properties"):
            yield from _rows(schema, definitions, f"{key}.")
            continue
        words = given.get("description") or _OF_A_FORM.get(name, "")
        yield code(key), _kind(schema, definitions), _default(given), prose(words)
        for each in _each(schema, definitions):
            yield from _rows(each, definitions, f"{key}.<name>.")


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    return {**definitions[reference.rpartition("/")[2]], **schema} if reference else schema


def _each(schema: Schema, definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    """Return the forms that a value of a mapping with free names has, where they have keys of their own."""
    inner = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    for each in filter(lambda found: isinstance(found, dict), inner):
        for form in each.get("oneOf", [each]):
            resolved = _resolved(form, definitions)
            if resolved.get("properties"):
                yield resolved


def _kind(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    """Return what a value may be, in words."""
    schema = _resolved(schema, definitions)
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return " or ".join(code(str(value)) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(form, definitions) for form in schema["anyOf"])
    kind = str(schema.get("type", "value"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), definitions)}"
    if kind == "object":
        return "mapping"
    return f"{kind}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    bounds = [f"{word} {schema[key]:g}" for key, word in words.items() if key in schema]
    if "examples" in schema:
        bounds.append(f"such as {', '.join(map(str, schema['examples']))}")
    return f" ({', '.join(bounds)})" if bounds else ""


def _default(schema: Schema) -> str:
    if "default" not in schema:
        return "(required)"
    text = json.dumps(schema["default"], ensure_ascii=False)
    return code(text) if len(text) <= _LONGEST_DEFAULT else "as in `bundle.yaml`"
