"""Lists and sheets for people: fitted to the terminal, or as Markdown."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from payment_bundle.catalog_browser.entry import Entry, Fact, Facts

#: Columns where there is neither a terminal nor COLUMNS: what reads a pipe has no width.
_OF_A_PIPE = 160


def print_list(title: str, entries: Sequence[Entry]) -> None:
    """Print a line for each entry, wrapped so that no line is wider than the terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    columns = tuple(entries[0].brief) if entries else ()
    table.add_column("name", overflow="fold", ratio=None)
    for heading in columns:
        table.add_column(heading, overflow="fold")
    for entry in entries:
        table.add_row(Text(entry.name, style="bold"), *(Text(entry.brief[heading]) for heading in columns))
    _console().print(table)


def print_sheet(name: str, facts: Facts) -> None:
    """Print all about one thing; what is empty is left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for heading, lines in _shown(facts):
        table.add_row(Text(heading, style="dim"), Text("\n".join(lines)))
    console = _console()
    console.print(Text(name, style="bold"))
    console.print(table)


def markdown_list(title: str, entries: Sequence[Entry]) -> str:
    """Return a heading and a table."""
    columns = tuple(entries[0].brief) if entries else ()
    rows = (
        ("name", *columns),
        tuple("---" for _ in ("name", *columns)),
        *((f"`{entry.name}`", *(_cell(entry.brief[heading]) for heading in columns)) for entry in entries),
    )
    return "\n".join([f"## {title}", "", *(f"| {' | '.join(row)} |" for row in rows), ""])


def markdown_sheet(name: str, facts: Facts) -> str:
    """Return a heading and a list; what is empty is left out."""
    lines = [f"## {name}", ""]
    for heading, values in _shown(facts):
        is_code = heading in {"expr", "events", "counted"}
        shown = [f"`{' '.join(value.split())}`" if is_code else _cell(value) for value in values]
        if isinstance(facts[heading.replace(" ", "_")], tuple):
            lines += [f"- **{heading}**:", *(f"  - {value}" for value in shown)]
        else:
            lines.append(f"- **{heading}**: {' '.join(shown)}")
    return "\n".join([*lines, ""])


def _shown(facts: Mapping[str, Fact]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, fact in facts.items():
        heading = key.replace("_", " ")
        if isinstance(fact, tuple):
            if fact:
                yield heading, fact
        elif isinstance(fact, float | int):
            yield heading, (f"{fact:g}",)
        elif fact:
            yield heading, tuple(fact.splitlines())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _console() -> Console:
    is_sized = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    width = shutil.get_terminal_size().columns if is_sized else _OF_A_PIPE
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
