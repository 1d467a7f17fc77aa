"""Rule about ``$variables`` in texts: each is one of the dashboard's, or one that Grafana knows at that place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_dashboards.linting.model import Problem
from payment_dashboards.linting.vocabulary import FORMATS, LINK_BUILT_INS, QUERY_BUILT_INS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_dashboards.linting.model import Dashboard, Node, Rule, Surroundings

#: ``$name``, ``[[name:format]]`` and ``${name.field:format}``; a name begins with no digit, as those of a regex do.
_USE = re.compile(
    r"\$(?P<bare>[A-Za-z_]\w*)"
    r"|\[\[(?P<old>[A-Za-z_]\w*)(?::(?P<old_format>\w+))?\]\]"
    r"|\$\{(?P<braced>[A-Za-z_]\w*)(?:\.[^:}]+)?(?::(?P<format>[^:}]+)[^}]*)?\}"
)


def variable_use_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Every variable that a text uses is defined, or built into Grafana for that place."""
    defined = frozenset(variable.text("name") for variable in dashboard.variables)
    in_queries, elsewhere = defined | QUERY_BUILT_INS, defined | LINK_BUILT_INS
    for node in (*dashboard.variables, *dashboard.annotations):
        yield from _undefined(node, node.texts(), in_queries)
    for link in dashboard.root.parts("links", "title"):
        yield from _undefined(link, link.texts(), elsewhere)
    for panel in dashboard.panels:
        yield from _undefined(panel, panel.texts("targets", "panels"), elsewhere)
        for target in panel.parts("targets"):
            yield from _undefined(target, target.texts(), in_queries)


def _undefined(node: Node, texts: Iterable[str], known: frozenset[str]) -> Iterator[Problem]:
    for text in texts:
        for use in _USE.finditer(text):
            name = use["bare"] or use["old"] or use["braced"]
            written = use["format"] or use["old_format"]
            if name == "__all" or (name in known and (written is None or written in FORMATS)):
                continue
            if name in known:
                yield Problem("variable-use-rule", node, f"writes ${name} in the unknown format '{written}' in: {text}")
            else:
                yield Problem(
                    "variable-use-rule", node, f"uses ${name}, which is not defined here and not built in there: {text}"
                )


RULES: tuple[Rule, ...] = (variable_use_rule,)
