"""Files with gaps."""

from __future__ import annotations

import pytest

from payment_bundle.fleet.template import Bundle, NotATemplate, template_of
from payment_bundle.manifest import Entry, digest

PLACEHOLDERS = ("zq0000-qz", "zq0001-d.qz")


def bundle(**files: str) -> Bundle:
    rendered = {path: text.encode() for path, text in files.items()}
    return Bundle(rendered, {path: Entry(digest(content), "here") for path, content in rendered.items()})


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("nothing", "nothing"),
        ("job: zq0000-qz", "job: pay-a"),
        ("zq0000-qzzq0000-qz", "pay-apay-a"),
        (r'regex: "zq0001\\-d\\.qz|zq0000-qz"', r'regex: "x\\.example\\-1|pay-a"'),
        (r"zq0001-d\.qz zq0001-d.qz", r"x\.example-1 x.example-1"),
    ],
)
def test_words_are_printed_as_placeholders_were(text: str, filled: str) -> None:
    made = template_of(bundle(file=text), PLACEHOLDERS).bundle(("pay-a", "x.example-1"))
    assert made.rendered == {"file": filled.encode()}
    assert made.manifest == {"file": Entry(digest(filled.encode()), "here")}


def test_a_path_has_gaps_too() -> None:
    made = template_of(bundle(**{"grafana/zq0000-qz.json": "x"}), PLACEHOLDERS).bundle(("pay-a", "x"))
    assert list(made.rendered) == ["grafana/pay-a.json"]


@pytest.mark.parametrize("text", ["ZQ0000-QZ", "zq0000_qz", "zq0000", "zq0009-qz", "zq0001-d_qz"])
def test_what_is_done_to_a_placeholder_besides_is_noticed(text: str) -> None:
    with pytest.raises(NotATemplate, match="file"):
        template_of(bundle(file=text), PLACEHOLDERS)
