"""Plain text inside Markdown shows as itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from payment_alerts.markdown import escaped

READER = MarkdownIt("commonmark").enable("table")


def shown(markdown: str) -> str:
    """Return what a reader sees of a page that is one paragraph."""
    (inline,) = [token for token in READER.parse(markdown) if token.type == "inline"]
    assert all(child.type == "text" for child in inline.children or ()), markdown
    return "".join(child.content for child in inline.children or ())


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1))
def test_a_reader_sees_the_text(text: str) -> None:
    assert shown(f"It is {escaped(text)}.") == f"It is {text}."


@pytest.mark.parametrize("text", ["two\nlines", "[Time]", "a|b", "<script>", "[x](javascript:y)", "`code`", "&lt;"])
def test_usual_suspects(text: str) -> None:
    assert shown(f"It is {escaped(text)}") == "It is " + " ".join(text.split())
