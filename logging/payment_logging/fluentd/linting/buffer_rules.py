"""Buffers of outputs: limits, places, and the chunk keys that parameters ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_logging.fluentd.linting.nodes import Node, outputs, walk
from payment_logging.fluentd.linting.value_types import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.findings import Finding
    from payment_logging.fluentd.plugins import Plugin, Tables

_LIMITS = ("chunk_limit_size", "total_limit_size")
#: Outputs that buffer only if they are asked to.
_UNBUFFERED = ("null", "stdout", "secondary_file")
_PERSISTENT = ("file", "file_single")
_TIME = re.compile(r"%[YmdHMSjeFy]")
#: Parts of a time that a timekey (seconds) shorter than this needs beside the day.
_SHORTER = {"%H": 86400, "%M": 3600, "%S": 60}
_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


def buffer_findings(nodes: tuple[Node, ...], known: Tables) -> Iterator[Finding]:
    """Check the buffer of every output that has one."""
    has_root = any(node.name == "system" and "root_dir" in node.section.parameters for node in nodes)
    for node in walk(nodes):
        if node.name == "secondary":
            for inner in node.inner("buffer", "secondary"):
                yield inner.finding("unknown-section", f"{inner} may not stand in <secondary>: Fluentd does not start")
    for output in outputs(nodes):
        plugin = known.plugins.get(("output", output.type or ""))
        if plugin is None or not plugin.buffered:
            continue
        buffer = next(iter(output.inner("buffer")), None)
        yield from _limit_findings(output, buffer)
        if buffer:
            yield from _place_findings(output, buffer, has_root)
        yield from _key_findings(output, buffer, plugin)


def _limit_findings(output: Node, buffer: Node | None) -> Iterator[Finding]:
    if buffer is None:
        if output.type not in _UNBUFFERED:
            yield output.finding("buffer-limits", f"{output} of type {output.type} has no <buffer> with limits")
        return
    for limit in _LIMITS:
        if limit not in buffer.section.parameters:
            yield buffer.finding("buffer-limits", f"the buffer of {output} has no {limit}")


def _place_findings(output: Node, buffer: Node, has_root: bool) -> Iterator[Finding]:
    rooted = has_root and "@id" in output.section.parameters
    if buffer.type in _PERSISTENT and "path" not in buffer.section.parameters and not rooted:
        message = "a buffer in files needs a path, or its output an @id and <system> a root_dir"
        yield buffer.finding("buffer-path", message)


def _key_findings(output: Node, buffer: Node | None, plugin: Plugin) -> Iterator[Finding]:
    declared = plugin.schema.sections["buffer"]
    default = declared.argument.default if declared.argument else None
    keys = _keys(buffer.section.argument if buffer and buffer.section.argument else default)
    timekey = (buffer and buffer.text("timekey")) or str(declared.parameters["timekey"].default or "")
    if buffer and "time" in keys and not timekey and "timekey" not in buffer.section.parameters:
        yield buffer.finding("placeholders", "the chunk key time needs a timekey: Fluentd does not start")
    for name in plugin.placeholders:
        text = output.text(name) or ""
        if _TIME.search(text) and "time" not in keys:
            yield output.finding(
                "placeholders", f"{name} has the time in it: expected <buffer time> with a timekey", name
            )
        for key in _PLACEHOLDER.findall(text):
            if _chunk_key(key) not in (*keys, "chunk_id"):
                message = f"{name} has ${{{key}}} in it: expected {_chunk_key(key)} in <buffer {','.join(keys)}>"
                yield output.finding("placeholders", message, name)
    for name in plugin.every_key:
        lacking = _lacking(output.text(name) or "", keys, timekey)
        if lacking and output.text(name):
            message = f"{name} lacks {' '.join(lacking)}, which tell chunks apart: Fluentd does not start"
            yield output.finding("placeholders", message, name)


def _lacking(text: str, keys: tuple[str, ...], timekey: str) -> list[str]:
    """Return the placeholders that a path needs so that no two chunks have the same.

    The time may be left out whole, and is then put at the path's end, but not in parts.
    """
    written = {_chunk_key(key) for key in _PLACEHOLDER.findall(text)}
    lacking = [f"${{{key}}}" for key in keys if key != "time" and key not in written]
    length = seconds(timekey)
    if "time" not in keys or "*" in text or length is None:
        return lacking
    parts = ["%Y", "%m", "%d", *(part for part, longest in _SHORTER.items() if length < longest)]
    absent = [part for part in parts if part not in text]
    return lacking + (absent if len(absent) < len(parts) else [])


def _keys(argument: object) -> tuple[str, ...]:
    """Return the chunk keys; ``[]`` says that there are none, where a plugin has some by default."""
    if argument == "[]":
        return ()
    texts = argument.split(",") if isinstance(argument, str) else argument if isinstance(argument, list) else []
    return tuple(str(text).strip() for text in texts)


def _chunk_key(placeholder: str) -> str:
    return "tag" if placeholder.startswith("tag[") else placeholder
