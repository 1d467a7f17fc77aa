"""Markdown: plain text inside it, and the templates of our pages."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import jinja2

from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from datetime import timedelta

#: What starts emphasis, code, HTML or the cell of a table, and the bracket that ends the text of a link. Nothing can
#: stand at the beginning of a line, as line ends become spaces.
_SPECIAL = re.compile(r"[\\`*_{}<>|~&]|\](?=[(\[:])")


def escaped(text: str) -> str:
    """Return ``text`` as Markdown on one line that shows exactly that text, also in the cell of a table."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))


@cache
def template(name: str) -> jinja2.Template:
    """Return the template of that name, whose filters are ``escaped`` and ``duration``."""
    return _templates().get_template(name)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("payment_alerts"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML; texts of others go through the filter
    )
    environment.filters["escaped"] = escaped
    environment.filters["duration"] = duration
    return environment


def duration(length: timedelta) -> str:
    """Return a time that passes before something is done, in words."""
    return format_duration(length) if length else "immediately"
