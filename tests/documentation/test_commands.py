"""What a page says to type is typed, and does what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from documentation.reader import Reader, missing_line, new_reader
from documentation.servers import SERVERS
from fences import ROOT, Fence, fences, page_files, page_name

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {
    name: found
    for file in page_files()
    for name in [page_name(file)]
    for found in [fences(name, file.read_text(encoding="utf-8"))]
    if any(fence.commands for fence in found)
}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_does_what_it_says(page: str, shipped: Path, tmp_path: Path) -> None:
    reader = new_reader(tmp_path, shipped)
    with reader.opened:
        for fence in PAGES[page]:
            read(reader, fence)


def read(reader: Reader, fence: Fence) -> None:
    """Do what a fence and the notes before it say."""
    for name in fence.noted("server"):
        assert name in SERVERS, f"{fence.place}: no server {name!r}; there are {', '.join(SERVERS)}"
        reader.opened.enter_context(SERVERS[name](reader))
    for path in fence.noted("file"):
        reader.write(path, fence.content)
    for path in fence.noted("merge"):
        reader.merge(path, yaml.safe_load(fence.content))
    for command in fence.commands:
        reader.type(command)


def test_there_are_pages_to_read() -> None:
    assert {"README.md", "docs/start.md", "docs/grafana.md"} <= PAGES.keys()
    assert sum(len(fence.commands) for found in PAGES.values() for fence in found) > 50


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        (("one", "three"), ""),
        (("...", "t...e", "..."), ""),
        (("three", "two"), "two"),
        (("tw",), "tw"),
        (("four",), "four"),
    ],
)
def test_lines_are_looked_for_in_their_order(wanted: tuple[str, ...], missing: str) -> None:
    assert missing_line(wanted, "one\ntwo\n  three\n") == missing


def test_a_command_that_fails_is_told_with_its_place(shipped: Path, tmp_path: Path) -> None:
    reader = new_reader(tmp_path, shipped)
    (fence,) = fences("page.md", "\n```console\n$ export WORD=kept\n$ echo $WORD && false\n```\n")
    reader.type(fence.commands[0])
    with pytest.raises(AssertionError, match=r"page\.md:4: exit code 1, not \[0\]:\nkept"):
        reader.type(fence.commands[1])


def test_the_settings_of_the_repository_are_not_touched(shipped: Path, tmp_path: Path) -> None:
    reader = new_reader(tmp_path, shipped)
    before = (ROOT / "bundle.yaml").read_bytes()
    reader.merge("bundle.yaml", {"urls": {"grafana": "https://elsewhere.example.com"}})
    assert yaml.safe_load((reader.project / "bundle.yaml").read_text())["urls"]["kibana"]
    assert (ROOT / "bundle.yaml").read_bytes() == before
