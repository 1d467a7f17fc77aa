"""Applies every rule to the dashboards of a tree, and tells the line of what it found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from payment_catalog.findings import Finding
from payment_dashboards.linting import (
    fields,
    grid,
    identity,
    migrations,
    panel_rules,
    target_rules,
    template_rules,
    variable_use,
)
from payment_dashboards.linting.model import Dashboard, Surroundings, is_dashboard

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from payment_catalog.promql import Labels
    from payment_dashboards.linting.model import Path, Rule

RULES: tuple[Rule, ...] = (
    *identity.RULES,
    *fields.RULES,
    *migrations.RULES,
    *grid.RULES,
    *panel_rules.RULES,
    *template_rules.RULES,
    *variable_use.RULES,
    *target_rules.RULES,
)


def dashboard_findings(
    files: Mapping[str, bytes],
    declared: Mapping[str, Labels],
    root: str = "",
    only: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with the dashboards among ``files`` (path → content), each by its line in the file.

    ``declared`` is every series that a query may use, with its labels. Links may lead to all uids in ``files``;
    ``only`` names those of the files that are checked. ``root`` is put before each path.
    """
    checked = files.keys() if only is None else files.keys() & set(only)
    contents: dict[str, Mapping[str, object]] = {}
    found: list[Finding] = []
    for path, content in files.items():
        if not is_dashboard(path):
            continue
        try:
            parsed = json.loads(content)
        except ValueError as error:
            parsed = None
            if path in checked:
                found.append(Finding(path, getattr(error, "lineno", 0), "json", f"Grafana reads JSON only: {error}"))
        if isinstance(parsed, Mapping):
            contents[path] = parsed
    dashboards = [Dashboard.of(path, content) for path, content in contents.items()]
    surroundings = Surroundings.of(dashboards, declared)
    for dashboard in dashboards:
        if dashboard.file in checked:
            found.extend(_findings(dashboard, files[dashboard.file], surroundings))
    return tuple(replace(finding, file=str(PurePosixPath(root, finding.file))) for finding in found)


def _findings(dashboard: Dashboard, content: bytes, surroundings: Surroundings) -> Iterator[Finding]:
    problems = [problem for rule in RULES for problem in rule(dashboard, surroundings)]
    if not problems:
        return
    root = yaml.compose(content, Loader=yaml.CSafeLoader)
    for problem in problems:
        line = _line(root, problem.node.path) if root else 0
        yield Finding(dashboard.file, line, problem.node.name, f"{problem.message} ({problem.rule})")


def _line(root: yaml.Node, path: Path) -> int:
    """Return the 1-based line at which the value under ``path`` begins, as near as the file has it."""
    place = root
    for step in path:
        inner = _inner(place, step)
        if inner is None:
            break
        place = inner
    line: int = place.start_mark.line
    return line + 1


def _inner(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return node.value[step] if isinstance(node, yaml.SequenceNode) and isinstance(step, int) else None
