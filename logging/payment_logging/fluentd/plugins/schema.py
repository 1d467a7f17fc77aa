"""What a plugin, or a section of one, takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["input", "filter", "output", "parser", "formatter", "buffer", "sd", "storage"]

#: Sections that hold a plugin of their own, and of which kind.
HOLDS: Mapping[str, Kind] = {
    "buffer": "buffer",
    "format": "formatter",
    "parse": "parser",
    "secondary": "output",
    "service_discovery": "sd",
    "storage": "storage",
    "store": "output",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; ``type`` is Fluentd's name of it, ``any`` where the plugin reads the text itself.

    ``deprecated`` and ``obsoleted`` are the plugin's own words: what to use instead.
    """

    name: str
    type: str
    required: bool = False
    default: object = None
    values: tuple[str, ...] = ()
    alias: str = ""
    secret: bool = False
    deprecated: str = ""
    obsoleted: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a section takes.

    ``open`` takes any parameter. ``holds`` is the kind of plugin in it, ``named_by`` the parameter that names the
    plugin, and ``type`` the plugin where none is named.
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    sections: Mapping[str, Schema] = field(default_factory=dict)
    argument: Parameter | None = None
    required: bool = False
    multi: bool = True
    open: bool = False
    holds: str = ""
    named_by: str = "@type"
    type: str = ""
    alias: str = ""

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter called ``name``, or so by an alias."""
        by_alias = (parameter for parameter in self.parameters.values() if parameter.alias == name)
        return self.parameters.get(name) or next(by_alias, None)

    def section(self, name: str) -> Schema | None:
        """Return the section called ``name``, or so by an alias."""
        by_alias = (section for section in self.sections.values() if section.alias == name)
        return self.sections.get(name) or next(by_alias, None)

    def with_plugin(self, plugin: Schema) -> Schema:
        """Return what a section takes that holds ``plugin`` and has parameters of its owner beside it."""
        return Schema(
            {**plugin.parameters, **self.parameters},
            {**self.sections, **plugin.sections},
            self.argument,
            self.required,
            self.multi,
            self.open or plugin.open,
            self.holds,
            self.named_by,
            self.type,
        )


@dataclass(frozen=True, slots=True)
class OldName:
    """What a parameter of Fluentd 0.12 is called today, and in which section."""

    section: str
    name: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin; ``buffered`` is an output that keeps chunks.

    ``placeholders`` are parameters that may have keys of a chunk in them, ``every_key`` those that must have all.
    At least one of ``one_of`` is required.
    """

    kind: str
    type: str
    schema: Schema
    buffered: bool = False
    placeholders: tuple[str, ...] = ()
    every_key: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    changes_server: str = ""
    old: Mapping[str, OldName] = field(default_factory=dict)
