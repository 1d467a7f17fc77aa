"""What is typed on the pages, and how the tests are to run it.

A fence ``console`` holds commands, each after ``$ ``, and the lines that they print. A fence ``bash`` holds what is not
run, with the reason. Comments before a fence say the rest::

    <!-- run: exit 1 -->                            the exit code, where it is not 0
    <!-- run: until "text" -->                      it runs until it has printed the text, and is then ended by Ctrl-C
    <!-- run: until "port 8081" -->                 ... until somebody listens on that port
    <!-- run: until "text", stays -->               ... and is ended with the page, so that what follows can use it
    <!-- run: for 5 s -->                           it runs that long without ending, and is then ended by Ctrl-C
    <!-- run: as: COMMAND -->                       a shorter command is run in its place
    <!-- server: NAME -->                           a server, and what the user has prepared for it
    <!-- file: PATH -->                             the fence is the content of a file
    <!-- merge: bundle.yaml -->                     the fence is YAML that the user has put into a file
    <!-- not run: REASON -->                        for ``bash``
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PROMPT = "$ "
KINDS = ("run", "server", "file", "merge", "not run")

_NOTE = re.compile(r"<!--\s*(?P<kind>[a-z ]+):\s*(?P<text>.*?)\s*-->", re.DOTALL)
_RUN = re.compile(
    r'(?:exit (?P<code>\d+))?(?:(?:^|, )until "(?P<until>[^"]+)")?(?P<stays>, stays)?'
    r"(?:(?:^|, )for (?P<seconds>\d+) s)?(?:(?:^|, )as: (?P<instead>.+))?",
    re.DOTALL,
)


class PageError(ValueError):
    """A page that does not keep to the convention; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a command is run: its exit code, the text or the seconds that it runs until, and what is run in its place."""

    code: int = 0
    until: str = ""
    stays: bool = False
    seconds: int = 0
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page, with the lines that the page shows below it."""

    place: str
    shell: str
    output: tuple[str, ...]
    run: Run


@dataclass(frozen=True)
class Fence:
    """A block of code with the notes before it; ``line`` is 1-based."""

    page: str
    line: int
    language: str
    content: str
    notes: tuple[tuple[str, str], ...]

    @property
    def place(self) -> str:
        """Where it is: ``page:line``."""
        return f"{self.page}:{self.line}"

    def noted(self, kind: str) -> tuple[str, ...]:
        """Return the texts of the notes of that kind."""
        return tuple(text for found, text in self.notes if found == kind)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands of a fence ``console``; raises PageError."""
        return tuple(self._commands()) if self.language == "console" else ()

    def _commands(self) -> Iterator[Command]:
        run = self._run()
        lines = self.content.splitlines()
        if not lines or not lines[0].startswith(PROMPT):
            raise PageError(f"{self.place}: a fence 'console' begins with a command after '$ '")
        number = 0
        while number < len(lines):
            first = number
            typed = [lines[number].removeprefix(PROMPT)]
            while typed[-1].endswith("\\") and number + 1 < len(lines):
                number += 1
                typed.append(lines[number])
            number += 1
            output = []
            while number < len(lines) and not lines[number].startswith(PROMPT):
                output.append(lines[number])
                number += 1
            yield Command(f"{self.page}:{self.line + first + 1}", "\n".join(typed), tuple(filter(None, output)), run)

    def _run(self) -> Run:
        notes = self.noted("run")
        if not notes:
            return Run()
        found = _RUN.fullmatch(notes[0])
        if len(notes) > 1 or not found or (found["stays"] and not found["until"]):
            raise PageError(f"{self.place}: cannot read the note 'run: {notes[0]}'")
        return Run(
            int(found["code"] or 0),
            found["until"] or "",
            bool(found["stays"]),
            int(found["seconds"] or 0),
            found["instead"] or "",
        )


def fences(page: str, text: str) -> tuple[Fence, ...]:
    """Return the fences of a page, in order; blocks of code by indentation have the language ``indented``."""
    found: list[Fence] = []
    notes: list[tuple[str, str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "html_block":
            notes += [(note["kind"], note["text"]) for note in _NOTE.finditer(token.content) if note["kind"] in KINDS]
            continue
        if token.type in {"fence", "code_block"}:
            language = token.info.split()[0] if token.info.split() else ""
            line = (token.map or [0])[0] + 1
            kind = language if token.type == "fence" else "indented"
            found.append(Fence(page, line, kind, token.content, tuple(notes)))
        notes = []
    return tuple(found)


def page_files() -> tuple[Path, ...]:
    """Return README.md and every page of docs/."""
    return (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def page_name(file: Path) -> str:
    """Return the path below the root, as people write it."""
    return file.relative_to(ROOT).as_posix()


def all_fences() -> tuple[Fence, ...]:
    """Return the fences of every page."""
    return tuple(fence for file in page_files() for fence in fences(page_name(file), file.read_text(encoding="utf-8")))
