"""The tables of a report in order of importance, the same in every form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.backtest.report import alert_tables, incident_tables
from payment_bundle.backtest.report.table import Row, Table, Tone

if TYPE_CHECKING:
    from payment_bundle.backtest.report.content import Report

_IN_WORDS = {True: ("met", Tone.GOOD), False: ("MISSED", Tone.BAD), None: ("nothing to judge", Tone.PLAIN)}


def tables(report: Report) -> tuple[Table, ...]:
    """Return every table that has a row."""
    found = (
        goals(report),
        incident_tables.by_priority(report),
        alert_tables.pages(report),
        incident_tables.late(report),
        alert_tables.false_pages(report),
        incident_tables.by_kind(report),
        alert_tables.slo(report),
        alert_tables.alerts(report),
        alert_tables.left_out(report),
        alert_tables.missing(report),
    )
    return tuple(table for table in found if table.rows)


def goals(report: Report) -> Table:
    """Return what was to be reached, and whether it is."""
    return Table(
        "Goals",
        ("goal", "wanted", "found", "result"),
        tuple(
            Row((goal.about, goal.wanted, goal.found, words), tone)
            for goal in report.goals
            for words, tone in (_IN_WORDS[goal.is_met],)
        ),
        figures=4,
    )
