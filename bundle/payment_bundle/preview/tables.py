"""Prometheus' answers as tables, and the three transformations that our dashboards use: merge, organize, sortBy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_bundle.preview.series import series_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.preview.data import Frame
    from payment_bundle.preview.model import Transformation

Cell = float | str | None
TIME, VALUE = "Time", "Value"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``key`` is its name in the data, ``title`` what its heading says."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows whose cells are found by the columns' keys."""

    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Cell], ...]


def table_of(frames: Sequence[Frame]) -> tuple[Table, ...]:
    """Return a table for each answer: time (in milliseconds), labels, value."""
    several = len(frames) > 1
    return tuple(_table(frame, f"{VALUE} #{frame.target.ref_id}" if several else VALUE) for frame in frames)


def transformed(tables: Sequence[Table], transformations: Sequence[Transformation]) -> Table:
    """Return the table that remains; without ``merge`` that is the first, which is what Grafana opens with."""
    remaining = list(tables)
    for transformation in transformations:
        if transformation.disabled or not remaining:
            continue
        match transformation.id:
            case "merge":
                remaining = [_merged(remaining)]
            case "organize":
                remaining = [_organized(table, transformation.options) for table in remaining]
            case "sortBy":
                remaining = [_sorted_by(table, transformation.options) for table in remaining]
    return remaining[0] if remaining else Table((), ())


def ordered(table: Table, title: str, *, descending: bool) -> Table:
    """Return the rows ordered by the column with a heading or a key; rows without a value come last."""
    key = next((column.key for column in table.columns if title in {column.title, column.key}), None)
    if key is None:
        return table
    present = [row for row in table.rows if not _is_missing(row.get(key))]
    missing = [row for row in table.rows if _is_missing(row.get(key))]
    present.sort(key=lambda row: _order(row[key]), reverse=descending)
    return Table(table.columns, (*present, *missing))


def _table(frame: Frame, value: str) -> Table:
    labels = sorted({label for sampled in frame.samples for label in sampled.labels})
    if frame.target.format != "table":
        return _by_name(frame, value)
    rows = tuple(
        _row(at, {**dict.fromkeys(labels), **sampled.labels, value: number})
        for sampled in frame.samples
        for at, number in sampled.points
    )
    return Table(tuple(Column(key, key) for key in (TIME, *labels, value)), rows)


def _by_name(frame: Frame, value: str) -> Table:
    rows = tuple(
        _row(at, {"Metric": series_name(frame.target.legend_format, sampled.labels), value: number})
        for sampled in frame.samples
        for at, number in sampled.points[-1:]
    )
    return Table(tuple(Column(key, key) for key in (TIME, "Metric", value)), rows)


def _row(at: float, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {TIME: at * 1000, **cells}


def _merged(tables: Sequence[Table]) -> Table:
    """Return rows joined where they agree in every column that they share, as Grafana's merge does."""
    columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    shared = set.intersection(*({column.key for column in table.columns} for table in tables))
    rows: list[dict[str, Cell]] = []
    by_identity: dict[tuple[Cell, ...], list[dict[str, Cell]]] = {}
    names = sorted(shared)
    for table in tables:
        for row in table.rows:
            alike = by_identity.setdefault(tuple(row.get(name) for name in names), [])
            other = next((one for one in alike if _agree(one, row)), None)
            if other is None:
                other = {}
                alike.append(other)
                rows.append(other)
            other.update(row)
    return Table(columns, tuple(rows))


def _agree(first: Mapping[str, Cell], second: Mapping[str, Cell]) -> bool:
    return all(first[key] == second[key] for key in first.keys() & second.keys())


def _organized(table: Table, options: Mapping[str, Any]) -> Table:
    excluded = {name for name, is_out in (options.get("excludeByName") or {}).items() if is_out}
    order = options.get("indexByName") or {}
    titles = options.get("renameByName") or {}
    kept = [column for column in table.columns if column.key not in excluded]
    kept.sort(key=lambda column: order.get(column.key, len(order) + 1))
    return Table(tuple(Column(column.key, titles.get(column.key) or column.title) for column in kept), table.rows)


def _sorted_by(table: Table, options: Mapping[str, Any]) -> Table:
    for rule in reversed(options.get("sort") or []):
        table = ordered(table, str(rule.get("field", "")), descending=bool(rule.get("desc")))
    return table


def _is_missing(cell: Cell) -> bool:
    return cell is None or (not isinstance(cell, str) and math.isnan(cell))


def _order(cell: Cell) -> tuple[int, float, str]:
    return (1, 0.0, cell.lower()) if isinstance(cell, str) else (0, cell or 0.0, "")
