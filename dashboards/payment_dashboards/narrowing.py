"""Narrows an expression to what the reader of a dashboard has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as ast

from payment_catalog.promql import parse

if TYPE_CHECKING:
    from collections.abc import Mapping


def narrow(expression: str, chosen: Mapping[str, str]) -> str:
    """Add ``label=~"value"`` for each of ``chosen`` to every selector of ``expression``."""

    def narrowed(node: ast.Expr) -> ast.Expr | None:
        if not isinstance(node, ast.VectorSelector):
            return None
        matchers = [ast.Matcher(ast.MatchOp.Re, label, value) for label, value in chosen.items()]
        node.matchers = ast.Matchers([*node.matchers.matchers, *matchers])
        return parse(str(node))

    return str(ast.transform(parse(expression), None, narrowed))
