"""The report as one HTML page, with drawings and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.backtest.report import bars_chart, detection_chart, week_chart
from payment_bundle.backtest.report.tables import goals, tables
from payment_bundle.backtest.report.templating import template

if TYPE_CHECKING:
    from payment_bundle.backtest.report.content import Report


def page(report: Report) -> str:
    """Return the page; it needs no other file and no network."""
    return template("report.html.j2").render(
        report=report,
        goals=goals(report),
        tables=tables(report),
        weeks=week_chart.weeks(report),
        week_width=week_chart.WIDTH,
        detection=detection_chart.detection_chart(report),
        detection_width=detection_chart.WIDTH,
        false_pages=bars_chart.false_page_bars(report),
        pages=bars_chart.page_bars(report),
        bar_width=bars_chart.WIDTH,
    )
