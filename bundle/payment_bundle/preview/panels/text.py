"""A note in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup

from payment_bundle.preview.drawn import Drawn, State
from payment_bundle.preview.interpolation import in_text
from payment_bundle.preview.templates import render

if TYPE_CHECKING:
    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.view import View


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return the note; HTML in it shows as text."""
    del data
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    body = Markup(markdown.render(in_text(panel.options.content, view.choices)))  # noqa: S704 - HTML is off
    return Drawn(State.DRAWN, render("text.html", body=body))
