"""Fills the pages that are made of the sources: where ``<!-- reference: NAME -->`` stands alone on a line."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from fences import all_fences

from payment_bundle.reference.pages import pages
from payment_bundle.reference.table import prose, table
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLACEHOLDER = re.compile(r"^<!-- reference: (?P<name>[a-z-]+) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """Return a page with its parts put in; raises KeyError for a name that nothing makes."""
    return _PLACEHOLDER.sub(lambda found: _parts()[found["name"]](), text)


@cache
def _parts() -> Mapping[str, Callable[[], str]]:
    return {**pages(build_catalog(Settings())), "not-run": not_run, "shortened": shortened}


def not_run() -> str:
    """Return what the tests do not run, with the reason."""
    rows = (
        (prose(fence.page), prose(fence.content.strip().splitlines()[0]), prose(reason))
        for fence in all_fences()
        for reason in fence.noted("not run")
    )
    return table(("page", "begins with", "not run, because"), rows)


def shortened() -> str:
    """Return which commands the tests replace by shorter ones."""
    rows = (
        (prose(command.place), prose(command.shell), prose(command.run.instead))
        for fence in all_fences()
        for command in fence.commands
        if command.run.instead
    )
    return table(("place", "stands there", "is run"), rows)
