"""Rules of Prometheus from files that others wrote: as rule files, or as objects PrometheusRule of Kubernetes.

Such a file is not trusted: its size, its depth and the length of its expressions are bounded, and YAML's aliases, which
multiply without limit, are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import yaml

from payment_catalog.durations import parse_duration
from payment_catalog.errors import ForeseenError
from payment_catalog.promql import PromQLError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: The rules of a large organisation are some megabytes; kube-prometheus' are a quarter of one.
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 20
MAX_EXPRESSION = 50_000
#: Operators and brackets, of which people write some dozens. With five times as many in a row the parser's recursion
#: uses up the stack, which ends the process.
MAX_OPERATORS = 600

_KEYS = frozenset({"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"})
_OBJECTS = frozenset({"PrometheusRule", "PrometheusRuleList", "List"})
_OPERATORS = re.compile(r"[-+*/%^<>=!(\[]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_NOTHING = re.compile(r"0+(ms|[smhdwy])?")


class RuleKind(StrEnum):
    """What a rule makes."""

    ALERT = "alert"
    RECORD = "record"


class RulesFileError(ForeseenError):
    """A file that cannot be read at all."""


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule as it stands in a file.

    ``problem`` says what is wrong with it; where the whole file is, ``name`` is empty. ``line`` is 1-based.
    """

    file: str
    line: int
    group: str = ""
    kind: RuleKind = RuleKind.ALERT
    name: str = ""
    expr: str = ""
    pending: timedelta = timedelta(0)
    labels: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def read_rules(file: Path) -> tuple[FoundRule, ...]:
    """Return every rule of ``file``, the unsound ones with their problem; raises RulesFileError."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RulesFileError(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise RulesFileError(f"{file} is larger than {MAX_BYTES // 1024 // 1024} MiB; rules are not that long")
    return tuple(rules_in(str(file), content))


def rules_in(file: str, content: bytes) -> Iterator[FoundRule]:
    """Yield every rule in ``content``; a fault of the file itself is the only or the last thing yielded."""
    try:
        fault = _bomb(content)
        if fault is not None:
            yield FoundRule(file, fault[0], problem=fault[1])
            return
        documents = [node for node in yaml.compose_all(content, Loader=yaml.CSafeLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"is not valid YAML: {error.problem or error.context}"
        yield FoundRule(file, mark.line + 1 if mark else 1, problem=problem)
        return
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        yield FoundRule(file, 1, problem=f"is not valid YAML: {str(error).splitlines()[0]}")
        return
    lists = [groups for document in documents for groups in _lists_of_groups(document)]
    found = tuple(rule for groups in lists for group in groups.value for rule in _group(file, group))
    yield from found or (FoundRule(file, 1, problem="holds no rules, neither as a rule file nor as a PrometheusRule"),)


def _bomb(content: bytes) -> tuple[int, str] | None:
    """Return line and words of what must not become a tree."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return line, "has a YAML alias; write the value out"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return line, f"is nested more than {MAX_DEPTH} levels deep"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _lists_of_groups(node: yaml.Node) -> Iterator[yaml.SequenceNode]:
    """Yield the list below ``groups`` of a rule file, or below ``spec`` of each PrometheusRule."""
    fields = _fields(node)
    kind = fields.get("kind")
    if isinstance(kind, yaml.ScalarNode) and kind.value in _OBJECTS:
        items = fields.get("items")
        if isinstance(items, yaml.SequenceNode):
            for item in items.value:
                yield from _lists_of_groups(item)
        fields = _fields(fields.get("spec"))
    groups = fields.get("groups")
    if isinstance(groups, yaml.SequenceNode):
        yield groups


def _group(file: str, node: yaml.Node) -> Iterator[FoundRule]:
    fields = _fields(node)
    name, rules = _text(fields.get("name")), fields.get("rules")
    if not name:
        yield FoundRule(file, _line(node), problem="has a group without a name")
    if isinstance(rules, yaml.SequenceNode):
        for rule in rules.value:
            yield _rule(file, name, rule)


def _rule(file: str, group: str, node: yaml.Node) -> FoundRule:
    fields = _fields(node)
    kind = RuleKind.RECORD if "record" in fields else RuleKind.ALERT
    expression = fields.get("expr")
    name, expr = _text(fields.get(kind)), _text(expression)
    pending, problem = timedelta(0), _unsound(fields, name, expr)
    line = _line(node)
    if not problem:
        problem = _unparsable(expr)
        line = _line(expression) if problem and expression else line
    try:
        pending = _duration(_text(fields.get("for")))
    except ValueError as error:
        problem = problem or f"'for': {error}; found {_text(fields.get('for'))!r}"
    labels = {key: _text(value) for key, value in _fields(fields.get("labels")).items()}
    return FoundRule(file, line, group, kind, name, expr, pending, labels, problem)


def _unsound(fields: Mapping[str, yaml.Node], name: str, expr: str) -> str:
    foreign = sorted(fields.keys() - _KEYS)
    if foreign:
        return f"has the key {foreign[0]!r}, which no rule has; allowed are {', '.join(sorted(_KEYS))}"
    if "alert" in fields and "record" in fields:
        return "is both an alert and a recorded series; it must be one of them"
    if not name:
        return "has neither 'alert' nor 'record' with a name"
    return "" if expr.strip() else "has no expression"


def _unparsable(expr: str) -> str:
    if len(expr) > MAX_EXPRESSION:
        return f"has an expression of more than {MAX_EXPRESSION} characters"
    if len(_OPERATORS.findall(expr)) > MAX_OPERATORS:
        return f"has an expression of more than {MAX_OPERATORS} operators and brackets"
    try:
        parse(expr)
    except PromQLError as error:
        return f"the expression {error}"
    return ""


def _duration(text: str) -> timedelta:
    return timedelta(0) if not text or _NOTHING.fullmatch(text) else parse_duration(text)


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
