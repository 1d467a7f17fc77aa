"""Checks every PromQL expression of a rule file or dashboard against the catalogue, with its line.

JSON is read as YAML, of which it is a subset, because YAML's parser tells the line of each value.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from payment_catalog.findings import Finding
from payment_catalog.promql import PromQLError, analyse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from payment_catalog.promql import Labels

_EXPRESSION = "expr"
#: Keys that name a rule or a panel, the most specific first.
_NAMES = ("alert", "record", "title", "name")
#: Below these, expressions may use names that only a unit test or Prometheus itself knows.
_CHECKED = ("prometheus/rules/", "grafana/dashboards/")


def expression_findings(
    rendered: Mapping[str, bytes], declared: Mapping[str, Labels], root: str = ""
) -> tuple[Finding, ...]:
    """Return what is wrong with the expressions in ``rendered``; ``root`` is put before each path."""
    return tuple(
        finding
        for path, content in rendered.items()
        if path.startswith(_CHECKED)
        for finding in _file_findings(str(PurePosixPath(root, path)), content, declared)
    )


def expressions(content: bytes) -> Iterator[tuple[str, str, int]]:
    """Yield name, expression and 1-based line of each rule or panel query in a YAML or JSON file."""
    node = yaml.compose(content, Loader=yaml.CSafeLoader)
    if node is not None:
        yield from _walk(node, "")


def _file_findings(path: str, content: bytes, declared: Mapping[str, Labels]) -> Iterator[Finding]:
    try:
        found = list(expressions(content))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        yield Finding(path, line, "syntax", f"is not valid YAML or JSON: {error.problem}")
        return
    for name, expression, line in found:
        try:
            problems = analyse(expression, declared).problems
        except PromQLError as error:
            problems = (str(error),)
        for problem in problems:
            yield Finding(path, line, name, f"{problem} in: {expression}")


def _walk(node: yaml.Node, name: str) -> Iterator[tuple[str, str, int]]:
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Any] = {key.value: value for key, value in node.value}
        name = next((entries[key].value for key in _NAMES if isinstance(entries.get(key), yaml.ScalarNode)), name)
        for key, value in entries.items():
            if key == _EXPRESSION and isinstance(value, yaml.ScalarNode):
                yield name, value.value, value.start_mark.line + 1
            else:
                yield from _walk(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _walk(item, name)
