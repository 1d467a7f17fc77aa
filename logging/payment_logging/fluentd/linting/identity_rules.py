"""What may be used once only: ids, and paths that a plugin writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd.linting.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.findings import Finding
    from payment_logging.fluentd.linting.nodes import Node


def identity_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    """Find an id, a buffer's path, a file of positions or an output file that is used twice."""
    seen: dict[tuple[str, str], Node] = {}
    for node in walk(nodes):
        for rule, parameter in _unique(node):
            value = node.text(parameter)
            if value is None:
                continue
            first = seen.setdefault((rule, value), node)
            if first is not node:
                yield node.finding(rule, f"{parameter} {value} is already that of {first} at {first.place}", parameter)


def _unique(node: Node) -> Iterator[tuple[str, str]]:
    yield "duplicate-id", "@id"
    if node.name == "buffer" and node.type in ("file", "file_single"):
        yield "shared-path", "path"
    if node.name == "source":
        yield "shared-path", "pos_file"
    if node.name in ("match", "store") and node.type == "file":
        yield "shared-path", "path"
