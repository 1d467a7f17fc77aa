"""The report as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.backtest.report.tables import tables
from payment_bundle.backtest.report.templating import template

if TYPE_CHECKING:
    from payment_bundle.backtest.report.content import Report


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    return template("report.md.j2").render(report=report, tables=tables(report))
