"""Bars: false pages a week of each alert, and pages of an incident beside plain thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.backtest.report.table import decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_bundle.backtest.report.content import Report

#: Of the longest bar, in the drawing's own units.
WIDTH = 560.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its name and its value in words; ``style`` is the class of its look."""

    name: str
    width: float
    value: str
    style: str = ""


def false_page_bars(report: Report) -> tuple[Bar, ...]:
    """Return a bar for each alert that woke somebody for nothing, the worst first."""
    records = [record for record in report.ours.alerts if record.false_pages]
    records.sort(key=lambda record: (-record.false_pages, record.alert))
    return _bars((record.alert, record.false_pages / report.ours.weeks, "false") for record in records)


def page_bars(report: Report) -> tuple[Bar, ...]:
    """Return the pages of an incident, of these alerts and of plain thresholds."""
    judged = [("these alerts", report.ours, "page")]
    if report.baseline:
        judged.append(("plain thresholds", report.baseline, "other"))
    return _bars((name, judgement.pages_per_incident or 0.0, style) for name, judgement, style in judged)


def _bars(values: Iterable[tuple[str, float, str]]) -> tuple[Bar, ...]:
    values = tuple(values)
    longest = max((value for _, value, _ in values), default=0) or 1
    return tuple(Bar(name, round(value / longest * WIDTH, 1), decimal(value), style) for name, value, style in values)
