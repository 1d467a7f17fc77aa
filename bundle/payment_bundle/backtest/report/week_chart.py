"""Week by week: what happened, and the pages that it made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from payment_bundle.backtest.lengths import length
from payment_bundle.backtest.report.content import moment
from payment_bundle.backtest.timeline import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.backtest.notifying import Page
    from payment_bundle.backtest.report.content import Report
    from payment_bundle.backtest.verdict import Verdict

#: Of the drawing, in its own units.
WIDTH = 1000.0
#: What is shorter would not be seen.
_NARROWEST = 3.0
DAYS = 7
_DAY = WEEK // DAYS


@dataclass(frozen=True, slots=True)
class Mark:
    """Something from ``x`` on, ``width`` wide; ``style`` is the class of its look, ``about`` what it is."""

    x: float
    width: float
    style: str
    about: str


@dataclass(frozen=True, slots=True)
class Week:
    """One line of the chart: ``days`` are the dates below its marks."""

    days: tuple[str, ...]
    happened: tuple[Mark, ...]
    pages: tuple[Mark, ...]


def weeks(report: Report) -> tuple[Week, ...]:
    """Return a line for each week of the history, the first from its start on."""
    return tuple(_week(report, start) for start in range(report.start, report.end, WEEK))


def _week(report: Report, start: int) -> Week:
    days = tuple(f"{datetime.fromtimestamp(start + day * _DAY, UTC):%a %d %b}" for day in range(DAYS))
    false = [found.page for found in report.ours.false_pages]
    verdicts = sorted((*report.ours.harmless, *report.ours.verdicts), key=lambda found: found.occurrence.is_harmless)
    return Week(
        days,
        tuple(mark for found in reversed(verdicts) for mark in _happened(found, start)),
        tuple(
            _page(page, start, is_false=page in false)
            for page in report.pages
            if page.wakes and not page.is_escalation and start <= page.at < start + WEEK
        ),
    )


def _happened(verdict: Verdict, week: int) -> Iterator[Mark]:
    occurrence = verdict.occurrence
    begin, end = max(occurrence.start, week), min(occurrence.end, week + WEEK)
    if begin < end:
        width = max(_scaled(end - begin), _NARROWEST)
        style = (occurrence.priority or "harmless").lower()
        yield Mark(min(_scaled(begin - week), WIDTH - width), width, style, _about(verdict))


def _about(verdict: Verdict) -> str:
    occurrence = verdict.occurrence
    what = f"{occurrence.kind}, {occurrence.strength}" if occurrence.strength else occurrence.kind
    head = f"{what}\n{moment(occurrence.start)}, for {length(occurrence.end - occurrence.start)}"
    if occurrence.is_harmless:
        return f"{head}\nharmless"
    found = verdict.detection
    told = f"{found.alert} after {length(verdict.time_to_detect)}" if found else "not detected"
    return f"{head}\n{occurrence.priority}: {told}"


def _page(page: Page, week: int, *, is_false: bool) -> Mark:
    about = f"{moment(page.at)}\n{page.priority}: {', '.join(page.alerts)}"
    return Mark(
        min(_scaled(page.at - week), WIDTH - _NARROWEST),
        _NARROWEST,
        "false" if is_false else "page",
        f"{about}\nfalse page" if is_false else about,
    )


def _scaled(seconds: int) -> float:
    return round(seconds / WEEK * WIDTH, 1)
