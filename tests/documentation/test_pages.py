"""The pages keep to the convention: what is not run says why, and commands within sentences exist."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from documentation.shell import invocations, is_there, unknown_of
from documentation.typed import KNOWN, unknown_words
from fences import KINDS, PageError, Run, all_fences, fences, page_files, page_name
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from pathlib import Path

FENCES = all_fences()
NOT_RUN = [fence for fence in FENCES if fence.language == "bash"]
LANGUAGES = {"console", "bash", "yaml", "json", "sql", "python", "text", "promql", "dockerfile", "toml", "{toctree}"}


def test_each_block_says_what_it_is() -> None:
    assert [fence.place for fence in FENCES if fence.language not in LANGUAGES] == []


def test_what_is_not_run_says_why() -> None:
    print(f"{len(NOT_RUN)} blocks are not run:")
    for fence in NOT_RUN:
        print(f"  {fence.place}: {', '.join(fence.noted('not run'))}")
    assert [fence.place for fence in NOT_RUN if len(fence.noted("not run")) != 1] == []
    assert [fence.place for fence in FENCES if fence.language != "bash" and fence.noted("not run")] == []


def test_notes_stand_where_they_mean_something() -> None:
    misplaced = [
        fence.place
        for fence in FENCES
        if (fence.noted("run") and fence.language != "console") or (fence.noted("merge") and fence.language != "yaml")
    ]
    assert misplaced == []


@pytest.mark.parametrize("fence", NOT_RUN, ids=lambda fence: fence.place)
def test_what_is_not_run_is_written_as_the_shell_has_it(fence: object) -> None:
    result = subprocess.run(
        ["bash", "-n"], input=fence.content, capture_output=True, text=True, timeout=20, check=False
    )
    assert result.returncode == 0, result.stderr


def test_what_is_not_run_names_subcommands_and_flags_that_exist() -> None:
    found = {
        f"{fence.place}: {problem}"
        for fence in NOT_RUN
        for invocation in invocations(fence.content)
        if is_there(invocation)
        for problem in unknown_of(invocation)
    }
    assert found == set()


@pytest.mark.parametrize("file", page_files(), ids=page_name)
def test_commands_within_sentences_exist(file: Path) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8"))
    spans = [child.content for token in tokens for child in token.children or () if child.type == "code_inline"]
    assert [problem for span in spans for problem in unknown_words(span)] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    assert "payobs push grafana" in KNOWN
    assert unknown_words("payobs push grafana --token-file FILE [--dry-run]") == []
    assert unknown_words("payobs push grafana|elasticsearch") == []
    assert unknown_words("payobs pusch") == ["payobs pusch: no such command"]
    assert unknown_words("payobs generate --onyl prometheus") == ["payobs generate: no option --onyl"]
    assert unknown_words("some_metric_total") == []


def test_notes_are_read() -> None:
    text = "<!-- run: exit 1, as: make x -->\n<!-- server: grafana -->\n```console\n$ a \\\n  b\nout\n$ c\n```\n"
    (fence,) = fences("page.md", text)
    assert fence.noted("server") == ("grafana",)
    first, second = fence.commands
    assert (first.shell, first.output, first.place) == ("a \\\n  b", ("out",), "page.md:4")
    assert (second.shell, second.place) == ("c", "page.md:7")
    assert first.run == Run(code=1, instead="make x")


@pytest.mark.parametrize(
    ("note", "run"),
    [
        ('until "it: is, up", stays', Run(until="it: is, up", stays=True)),
        ('until "up", as: serve --port 1', Run(until="up", instead="serve --port 1")),
        ("for 5 s", Run(seconds=5)),
    ],
)
def test_how_it_is_run(note: str, run: Run) -> None:
    (fence,) = fences("page.md", f"<!-- run: {note} -->\n```console\n$ x\n```\n")
    assert fence.commands[0].run == run


@pytest.mark.parametrize("note", ["exits 1", "stays", 'until "x" stays'])
def test_a_note_that_means_nothing_is_refused(note: str) -> None:
    (fence,) = fences("page.md", f"<!-- run: {note} -->\n```console\n$ x\n```\n")
    with pytest.raises(PageError, match=r"page\.md:2: cannot read the note"):
        _ = fence.commands


def test_a_note_belongs_to_the_next_block_alone() -> None:
    one, other = fences("page.md", "<!-- run: exit 1 -->\n```console\n$ x\n```\n\n```console\n$ y\n```\n")
    assert one.commands[0].run.code == 1
    assert other.commands[0].run.code == 0


def test_a_comment_that_is_no_note_is_left_alone() -> None:
    (fence,) = fences("page.md", "<!-- remark: x -->\n```console\n$ x\n```\n")
    assert fence.notes == ()
    assert not any(re.fullmatch("remark", kind) for kind in KINDS)
