"""Each section against what its plugin takes: parameters, their values, and the sections in it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from payment_logging.fluentd.linting.value_types import problem
from payment_logging.fluentd.parsing import RESERVED
from payment_logging.fluentd.plugins.schema import HOLDS, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_catalog.findings import Finding
    from payment_logging.fluentd.linting.nodes import Node
    from payment_logging.fluentd.plugins import Parameter, Plugin, Tables

_DIRECTIVES = {"source": "input", "filter": "filter", "match": "output"}
_WITHIN = {
    "": ("source", "filter", "match", "label", "worker", "system"),
    "label": ("filter", "match"),
    "worker": ("source", "filter", "match", "label"),
}
_OLD_RESERVED = {"type": "@type", "id": "@id", "log_level": "@log_level"}
_CREDENTIALS = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_WORKERS = re.compile(r"\d+(?:-\d+)?")


def directive_findings(nodes: Iterable[Node], known: Tables, within: str = "") -> Iterator[Finding]:
    """Check every section of a file, of a label or of a worker."""
    for node in nodes:
        if node.name not in _WITHIN[within]:
            place = f"in <{within}>" if within else "at the top level"
            yield node.finding("unknown-section", f"{node} is nothing {place}{_meant(node.name, _WITHIN[within])}")
        elif node.name in _DIRECTIVES:
            yield from _plugin_findings(node, known, Schema(), _DIRECTIVES[node.name])
        elif node.name == "system":
            yield from _section_findings(node, known, known.system, None)
        else:
            yield from _group_findings(node)
            yield from directive_findings(node.nodes, known, node.name)


def _group_findings(node: Node) -> Iterator[Finding]:
    if node.name == "label" and not node.section.argument.startswith("@"):
        yield node.finding("label", f"{node}: expected a name that begins with @")
    if node.name == "label" and not node.inner("match"):
        yield node.finding("label", f"{node} has no <match>: Fluentd does not start")
    if node.name == "worker" and not _WORKERS.fullmatch(node.section.argument):
        yield node.finding("wrong-value", f"{node}: expected the number of a worker, or a range such as 0-2")


def _plugin_findings(node: Node, known: Tables, owner: Schema, kind: str, default: str = "") -> Iterator[Finding]:
    """Check a section that holds a plugin; ``owner`` is what the section takes whichever plugin that is."""
    if "@type" not in node.section.parameters and "type" not in node.section.parameters and not default:
        yield node.finding("missing-parameter", f"{node} names no plugin by {owner.named_by}")
        return
    type_ = node.type or default
    if not type_ or not known.types(kind):
        return
    plugin = known.plugins.get((kind, type_))
    if plugin is None:
        types = known.types(kind)
        message = f"{type_} is no {kind} plugin that is known here{_meant(type_, types)}; known: {', '.join(types)}"
        yield node.finding("unknown-plugin", message, owner.named_by)
        return
    if plugin.changes_server:
        yield node.finding("changes-server", f"{type_}: {plugin.changes_server}", "@type")
    yield from _section_findings(node, known, owner.with_plugin(plugin.schema), plugin)


def _section_findings(node: Node, known: Tables, schema: Schema, plugin: Plugin | None) -> Iterator[Finding]:
    for name, _ in node.section.lines.repeated:
        yield node.finding("repeated", f"{name} is written twice in {node}: only the last counts", name)
    for name in node.section.parameters:
        if name not in RESERVED:
            yield from _parameter_findings(node, name, schema, plugin, known)
    for parameter in schema.parameters.values():
        if parameter.required and not {parameter.name, parameter.alias} & set(node.section.parameters):
            yield node.finding("missing-parameter", f"{parameter.name} is missing in {node}")
    if plugin and plugin.one_of and not set(plugin.one_of) & set(node.section.parameters):
        yield node.finding("missing-parameter", f"{_owner(node)} needs one of {', '.join(plugin.one_of)}")
    if schema.argument and node.section.argument and (wrong := problem(schema.argument, node.section.argument)):
        yield node.finding("wrong-value", f"the {wrong}")
    yield from _inner_findings(node, known, schema, plugin)


def _inner_findings(node: Node, known: Tables, schema: Schema, plugin: Plugin | None) -> Iterator[Finding]:
    seen: set[str] = set()
    for inner in node.nodes:
        taken = schema.section(inner.name)
        if taken is None:
            message = f"{inner} is nothing in {_owner(node)}{_meant(inner.name, schema.sections)}"
            yield inner.finding("unknown-section", message)
            continue
        if inner.name in seen and not taken.multi:
            yield inner.finding("repeated", f"{inner} is written twice in {_owner(node)}: it may stand there once")
        seen.add(inner.name)
        if kind := taken.holds or HOLDS.get(inner.name):
            yield from _plugin_findings(inner, known, taken, kind, _default(inner, taken, plugin))
        else:
            yield from _section_findings(inner, known, taken, None)
    for name, taken in schema.sections.items():
        if taken.required and name not in seen:
            yield node.finding("missing-section", f"<{name}> is missing in {_owner(node)}")


def _default(inner: Node, taken: Schema, plugin: Plugin | None) -> str:
    """Return the plugin of a section that has no @type; a secondary is by default like its primary."""
    primary = plugin.type if inner.name == "secondary" and plugin else ""
    return taken.type or primary or inner.text(taken.named_by) or ""


def _parameter_findings(
    node: Node, name: str, schema: Schema, plugin: Plugin | None, known: Tables
) -> Iterator[Finding]:
    text = node.text(name) or ""
    if _CREDENTIALS.search(text):
        yield node.finding("secret", f"{name} has a password in its URL: name it by the environment", name)
    parameter = schema.parameter(name)
    if parameter is None:
        if not schema.open:
            yield _unknown(node, name, schema, plugin)
        return
    if parameter.secret and name not in known.not_secret and text:
        yield node.finding("secret", f"{name} is written literally: name it by the environment", name)
    elif wrong := problem(parameter, node.section.parameters[name]):
        yield node.finding("wrong-value", wrong, name)
    yield from _outdated(node, name, parameter)


def _outdated(node: Node, name: str, parameter: Parameter) -> Iterator[Finding]:
    if parameter.obsoleted:
        yield node.finding("deprecated", f"{name} is gone, and Fluentd does not start: {parameter.obsoleted}", name)
    elif parameter.deprecated:
        yield node.finding("deprecated", f"{name} is deprecated: {parameter.deprecated}", name)


def _unknown(node: Node, name: str, schema: Schema, plugin: Plugin | None) -> Finding:
    if name in _OLD_RESERVED:
        return node.finding("deprecated", f"{name} is the old name of {_OLD_RESERVED[name]}", name)
    if plugin and name in plugin.old:
        old = plugin.old[name]
        return node.finding("deprecated", f"{name} is from Fluentd 0.12: write {old.name} in <{old.section}>", name)
    message = f"{name} is no parameter of {_owner(node)}{_meant(name, schema.parameters)}"
    return node.finding("unknown-parameter", message, name)


def _owner(node: Node) -> str:
    return f"{node} of type {node.type}" if node.type else str(node)


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
