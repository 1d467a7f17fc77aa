"""Rows and columns, whose cells have colours and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import readable_on
from payment_bundle.preview.display import show
from payment_bundle.preview.drawn import Drawn, State, empty
from payment_bundle.preview.fields import Fields
from payment_bundle.preview.interpolation import Datum
from payment_bundle.preview.links import data_links
from payment_bundle.preview.tables import TIME, Cell, Column, Table, ordered, table_of, transformed
from payment_bundle.preview.templates import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.view import View

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Heading:
    """The top of a column."""

    title: str
    width: int | None
    is_number: bool
    align: str


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell; ``fill`` and ``ink`` are colours of its background and its text, empty for the page's own."""

    text: str
    fill: str
    ink: str
    is_number: bool
    align: str
    links: tuple[Link, ...]


def draw(panel: Panel, data: PanelData, view: View) -> Drawn:
    """Return the table."""
    table = transformed(table_of(data.frames), panel.transformations)
    for rule in panel.options.sort_by[:1]:
        table = ordered(table, rule.display_name, descending=rule.desc)
    if not table.rows:
        return empty(panel)
    fields = Fields(panel.field_config)
    columns = [(column, _options(column, fields)) for column in table.columns]
    columns = [(column, options) for column, options in columns if not options.custom.hidden]
    html = render(
        "table.html",
        title=panel.title,
        header=panel.options.show_header,
        headings=[_heading(column, options, table) for column, options in columns],
        rows=[_cells(columns, row, table, view) for row in table.rows[:_MOST_ROWS]],
        left_out=max(len(table.rows) - _MOST_ROWS, 0),
    )
    return Drawn(State.DRAWN, html)


def _options(column: Column, fields: Fields) -> FieldOptions:
    options = fields.of(column.title, renamed_from=column.key)
    if column.key == TIME and not options.unit.startswith("dateTime"):
        return options.model_copy(update={"unit": "dateTimeAsIso"})
    return options


def _heading(column: Column, options: FieldOptions, table: Table) -> Heading:
    is_number = not any(isinstance(row.get(column.key), str) for row in table.rows)
    return Heading(options.display_name or column.title, options.custom.width, is_number, options.custom.align)


def _cells(
    columns: Sequence[tuple[Column, FieldOptions]], row: Mapping[str, Cell], table: Table, view: View
) -> tuple[ShownCell, ...]:
    known = {name: _plain(row.get(column.key)) for column in table.columns for name in (column.key, column.title)}
    fields = {**{key: _plain(cell) for key, cell in row.items()}, **known}
    return tuple(_cell(column, options, row, fields, view) for column, options in columns)


def _cell(
    column: Column, options: FieldOptions, row: Mapping[str, Cell], fields: Mapping[str, str], view: View
) -> ShownCell:
    value = row.get(column.key)
    shown = show(value, options, view.now)
    kind = options.custom.cell.type
    coloured = shown.colour if column.key != TIME else ""
    fill = coloured if kind.startswith("color-background") else ""
    ink = readable_on(fill) if fill else coloured if kind == "color-text" else ""
    datum = Datum(
        name=column.title,
        fields=fields,
        labels=fields,
        raw=_plain(value),
        text=shown.text,
        milliseconds=_time(row),
    )
    return ShownCell(
        shown.text, fill, ink, not isinstance(value, str), options.custom.align, data_links(options.links, view, datum)
    )


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else "" if cell is None else f"{cell:.15g}"


def _time(row: Mapping[str, Cell]) -> int | None:
    at = row.get(TIME)
    return round(at) if isinstance(at, float | int) else None
