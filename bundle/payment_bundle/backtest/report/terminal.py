"""The report on a terminal: in colours there, plain where it goes to a file or a pipe."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from payment_bundle.backtest.report.table import Table, Tone
from payment_bundle.backtest.report.tables import tables

if TYPE_CHECKING:
    from typing import TextIO

    from payment_bundle.backtest.report.content import Report

_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "red"}
#: Wide enough that nothing is broken where no terminal has a width.
_PLAIN_WIDTH = 240


def show(report: Report, stream: TextIO) -> None:
    """Write the report to ``stream``."""
    if stream.isatty():
        _print(report, Console(file=stream, highlight=False), box.SIMPLE_HEAD)
        return
    text = StringIO()
    _print(report, Console(file=text, width=_PLAIN_WIDTH, highlight=False, color_system=None), box.MARKDOWN)
    stream.writelines(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _print(report: Report, console: Console, lines: box.Box) -> None:
    console.print(Text(report.title, style="bold"))
    console.print(Text(", ".join(f"{name}: {value}" for name, value in report.facts)))
    for table in tables(report):
        console.print()
        console.print(_drawn(table, lines))
        if table.note:
            console.print(Text(table.note, style="dim"))


def _drawn(table: Table, lines: box.Box) -> RichTable:
    drawn = RichTable(title=Text(table.title, style="bold"), title_justify="left", box=lines, pad_edge=False)
    for index, column in enumerate(table.columns):
        drawn.add_column(Text(column), justify="right" if index >= table.figures else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row.cells), style=_STYLES[row.tone])
    return drawn
