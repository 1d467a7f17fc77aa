"""The report as JSON, for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from payment_bundle.backtest.judging import FalsePage, Judgement
    from payment_bundle.backtest.notifying import Page
    from payment_bundle.backtest.occurrence import Occurrence
    from payment_bundle.backtest.report.content import Report
    from payment_bundle.backtest.slo_table import SloRow
    from payment_bundle.backtest.verdict import Verdict


def as_json(report: Report) -> str:
    """Return the report as JSON: times are Unix times, lengths are seconds, what is not known is null."""
    content = {
        "title": report.title,
        "facts": dict(report.facts),
        "start": report.start,
        "end": report.end,
        "goals": [
            {
                "about": goal.about,
                "wanted": goal.wanted,
                "found": goal.found,
                "met": goal.is_met,
                "culprits": list(goal.culprits),
            }
            for goal in report.goals
        ],
        "alerts": _judgement(report.ours),
        "plain_thresholds": _judgement(report.baseline) if report.baseline else None,
        "slo": [_slo(row) for row in report.slo],
        "left_out": dict(sorted(report.left_out.items())),
        "missing": list(report.missing),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "pages_per_incident": judgement.pages_per_incident,
        "false_pages_per_week": judgement.false_pages_per_week,
        "escalations": judgement.escalations,
        "incidents": [_verdict(found) for found in judgement.verdicts],
        "harmless": [_verdict(found) for found in judgement.harmless],
        "false_pages": [_false_page(found) for found in judgement.false_pages],
        "by_alert": {
            record.alert: {
                "fired": record.fired,
                "inside": record.inside,
                "outside": record.outside,
                "detected": record.detected,
                "false_pages": record.false_pages,
            }
            for record in judgement.alerts
        },
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        **_occurrence(verdict.occurrence),
        "detected_by": verdict.detection.alert if verdict.detection else None,
        "time_to_detect": verdict.time_to_detect,
        "in_time": verdict.is_in_time,
        "time_to_clear": verdict.time_to_clear,
        "pages": [_page(page) for page in verdict.pages],
    }


def _occurrence(occurrence: Occurrence) -> dict[str, Any]:
    return {
        "kind": occurrence.kind,
        "strength": occurrence.strength,
        "incident": occurrence.incident,
        "priority": occurrence.priority,
        "start": occurrence.start,
        "end": occurrence.end,
    }


def _page(page: Page) -> dict[str, Any]:
    return {"at": page.at, "until": page.until, "priority": page.priority, "alerts": list(page.alerts)}


def _false_page(found: FalsePage) -> dict[str, Any]:
    return {**_page(found.page), "during": _occurrence(found.during) if found.during else None}


def _slo(row: SloRow) -> dict[str, Any]:
    return {
        "objective": row.objective,
        "alerts": list(row.alerts),
        "fired": row.fired,
        "significant": row.significant,
        "covered": row.covered,
        "precision": row.precision,
        "recall": row.recall,
        "detection_time": row.detection_time,
        "reset_time": row.reset_time,
    }
