"""Tables of the alerts: pages for nothing, how often each fired, and those on error budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.backtest.judging import FELT
from payment_bundle.backtest.lengths import length
from payment_bundle.backtest.report.content import moment
from payment_bundle.backtest.report.table import NOTHING, Row, Table, Tone, decimal, share
from payment_bundle.backtest.verdict import MARGIN

if TYPE_CHECKING:
    from payment_bundle.backtest.judging import FalsePage
    from payment_bundle.backtest.report.content import Report


def pages(report: Report) -> Table:
    """Return how many pages there are for something and for nothing, beside plain thresholds."""
    judged = (("these alerts", report.ours), *((("plain thresholds", report.baseline),) if report.baseline else ()))
    return Table(
        "Pages",
        ("judged", "pages per incident", "false pages", "false pages a week", "escalations, not counted"),
        tuple(
            Row(
                (
                    name,
                    decimal(judgement.pages_per_incident),
                    str(len(judgement.false_pages)),
                    decimal(judgement.false_pages_per_week),
                    str(judgement.escalations),
                )
            )
            for name, judgement in judged
        ),
        figures=1,
        note=f"Incidents are those of {', '.join(FELT)}, until {length(MARGIN)} after their end; a page outside of "
        "them is false. Escalations are no pages of their own: in a history that is over, nobody resolves or silences "
        "anything.",
    )


def false_pages(report: Report) -> Table:
    """Return every page for nothing, and what it took for an incident."""
    return Table(
        "False pages",
        ("sent", "priority", "alerts", "during"),
        tuple(
            Row((moment(found.page.at), found.page.priority, ", ".join(found.page.alerts), _during(found)), Tone.BAD)
            for found in report.ours.false_pages
        ),
        figures=4,
    )


def _during(found: FalsePage) -> str:
    if found.during is None:
        return "nothing"
    strength = f", {found.during.strength}" if found.during.strength else ""
    deserves = f" ({found.during.priority})" if found.during.priority else " (harmless)"
    return f"{found.during.kind}{strength}{deserves}"


def alerts(report: Report) -> Table:
    """Return how often each alert fired, those that page for nothing first."""
    fired = [record for record in report.ours.alerts if record.fired]
    silent = len(report.ours.alerts) - len(fired)
    fired.sort(key=lambda record: (-record.false_pages, -record.outside, record.alert))
    return Table(
        "Alerts",
        ("alert", "fired", "in incidents", "outside", "detected first", "false pages a week"),
        tuple(
            Row(
                (
                    *(record.alert, str(record.fired), str(record.inside), str(record.outside)),
                    *(str(record.detected), decimal(record.false_pages / report.ours.weeks)),
                ),
                Tone.BAD if record.false_pages else Tone.PLAIN,
            )
            for record in fired
        ),
        figures=1,
        note=f"{silent} more never fired." if silent else "",
    )


def slo(report: Report) -> Table:
    """Return the SRE workbook's four measures for the alerts on error budgets."""
    return Table(
        "Alerts on error budgets",
        (
            *("objective", "alert", "fired", "significant events", "firing already"),
            *("precision", "recall", "detection time", "reset time"),
        ),
        tuple(
            Row(
                (
                    *(row.objective, " or ".join(row.alerts), str(row.fired), str(row.significant), str(row.covered)),
                    *(share(row.precision), share(row.recall), length(row.detection_time), length(row.reset_time)),
                )
            )
            for row in report.slo
        ),
        figures=2,
        note="As in the SRE workbook's chapter “Alerting on SLOs”: precision is the share of the times an alert fired "
        "that were about a significant event, recall the share of significant events it fired for; times are medians "
        "to firing and, after the end, until it fires no more. An event is significant when it spends the budget "
        "faster than allowed; one that began while the alert fired already is left out of recall.",
    )


def left_out(report: Report) -> Table:
    """Return the alerts that were not judged."""
    return Table(
        "Alerts that were not judged",
        ("alert", "why"),
        tuple(Row((alert, why or NOTHING)) for alert, why in sorted(report.left_out.items())),
        figures=2,
    )


def missing(report: Report) -> Table:
    """Return the recorded series that were not there to be read."""
    return Table(
        "Recorded series that the history does not have",
        ("series",),
        tuple(Row((name,), Tone.BAD) for name in report.missing),
        figures=1,
        note="Alerts that read them stayed silent.",
    )
