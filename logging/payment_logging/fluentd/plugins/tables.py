"""The tables beside this module as plugins."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

from payment_logging.fluentd.plugins.schema import OldName, Parameter, Plugin, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

Table: TypeAlias = dict[str, Any]

#: Fluentd's names of types; ``any`` where a plugin reads the text itself.
TYPES = ("string", "enum", "integer", "float", "size", "time", "bool", "hash", "array", "regexp", "any")
#: Entries of a section that are taken as they are.
_PLAIN = ("required", "multi", "open", "holds", "named_by", "type", "alias")
#: Tables that are no kind of plugin.
_OTHER = {"base", "shared", "directive", "old", "names"}


@dataclass(frozen=True, slots=True)
class Tables:
    """Every plugin that is known, by kind and type; ``<system>``; and secrets' names that are none."""

    plugins: Mapping[tuple[str, str], Plugin]
    system: Schema
    not_secret: frozenset[str]

    def types(self, kind: str) -> tuple[str, ...]:
        """Return the known plugins of a kind."""
        return tuple(sorted(found for known, found in self.plugins if known == kind))


@cache
def tables() -> Tables:
    """Read the tables, once."""
    read: Table = {}
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            read = _merged(read, tomllib.loads(file.read_text(encoding="utf-8")))
    shared = read["shared"]
    plugins = {
        (kind, type_): _plugin(kind, type_, table, read)
        for kind, types in read.items()
        if kind not in _OTHER
        for type_, table in types.items()
    }
    return Tables(plugins, _schema(read["directive"]["system"], shared), frozenset(read["names"]["not_secret"]))


def _plugin(kind: str, type_: str, table: Table, read: Table) -> Plugin:
    whole = _merged(read["base"].get(table.get("base", ""), {}), table)
    old = {
        name: OldName(read["old"][family]["section"], today)
        for family in table.get("old", ())
        for name, today in read["old"][family]["names"].items()
    }
    return Plugin(
        kind,
        type_,
        _schema(whole, read["shared"]),
        table.get("buffered", False),
        tuple(table.get("placeholders", ())),
        tuple(table.get("every_key", ())),
        tuple(table.get("one_of", ())),
        table.get("changes_server", ""),
        old,
    )


def _schema(table: Table, shared: Table) -> Schema:
    if "shared" in table:
        table = shared[table["shared"]]
    argument = table.get("argument")
    return Schema(
        {name: _parameter(name, entry) for name, entry in table.get("parameters", {}).items()},
        {name: _schema(section, shared) for name, section in table.get("sections", {}).items()},
        _parameter("argument", argument) if argument else None,
        **{key: table[key] for key in _PLAIN if key in table},
    )


def _parameter(name: str, entry: Table) -> Parameter:
    words: Table = {key: " ".join(entry[key].split()) for key in ("deprecated", "obsoleted") if key in entry}
    whole: Table = {**entry, **words, "values": tuple(entry.get("values", ()))}
    return Parameter(name, **whole)


def _merged(below: Table, above: Table) -> Table:
    """Return both tables as one, ``above`` winning; an entry of a parameter is taken whole."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        joined = isinstance(known, dict) and isinstance(value, dict) and not _is_parameter(value)
        merged[key] = _merged(merged[key], value) if joined else value
    return merged


def _is_parameter(table: Table) -> bool:
    return isinstance(table.get("type"), str) and table["type"] in TYPES
