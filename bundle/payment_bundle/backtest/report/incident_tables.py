"""Tables of what happened: by priority, by kind, and what was missed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from payment_bundle.backtest.judging import FELT, middle
from payment_bundle.backtest.lengths import length
from payment_bundle.backtest.occurrence import Strength
from payment_bundle.backtest.report.content import moment
from payment_bundle.backtest.report.table import NOTHING, Row, Table, Tone, decimal
from payment_bundle.backtest.verdict import MARGIN, response_time
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from payment_bundle.backtest.judging import Judgement
    from payment_bundle.backtest.report.content import Report
    from payment_bundle.backtest.verdict import Verdict

_Kind = tuple[str, Priority | None, Strength | None]


def by_priority(report: Report) -> Table:
    """Return how well incidents of each priority were detected, beside plain thresholds."""
    baseline = _priorities("plain thresholds", report.baseline) if report.baseline else ()
    return Table(
        "Incidents by priority",
        (
            *("judged", "priority", "incidents", "detected", "in time"),
            *("median time to detect", "slowest", "median time to clear", "pages each"),
        ),
        (*_priorities("these alerts", report.ours), *baseline),
        figures=2,
        note="Time to detect is from the first effect to the first message with an accepted alert that is urgent "
        "enough; time to clear from the last effect until the last such alert is over."
        + (" Of plain thresholds, any alert is accepted." if report.baseline else ""),
    )


def _priorities(judged: str, judgement: Judgement) -> Iterator[Row]:
    for priority in Priority:
        found = judgement.of(priority)
        if found:
            taken = [one.time_to_detect for one in found if one.time_to_detect is not None]
            cells = (
                *(judged, priority, str(len(found)), _of(found, sum(one.is_detected for one in found))),
                *(_of(found, sum(one.is_in_time for one in found)), length(middle(taken))),
                *(length(max(taken, default=None)), length(judgement.median_time_to_clear(priority))),
                decimal(sum(len(one.pages) for one in found) / len(found)),
            )
            yield Row(cells)


def by_kind(report: Report) -> Table:
    """Return how each kind of incident was detected at each of its strengths, the worst first."""
    groups: dict[_Kind, list[Verdict]] = defaultdict(list)
    for verdict in report.ours.verdicts:
        occurrence = verdict.occurrence
        groups[occurrence.kind, occurrence.priority, occurrence.strength].append(verdict)
    return Table(
        "Incidents by kind",
        (
            *("kind", "strength", "priority", "first alert"),
            *("incidents", "detected", "in time", "median time to detect", "median time to clear", "pages each"),
        ),
        tuple(
            _kind(kind, strength or NOTHING, priority or NOTHING, groups[kind, priority, strength])
            for kind, priority, strength in sorted(groups, key=_worst_first)
        ),
        figures=4,
    )


def _worst_first(found: _Kind) -> tuple[str, str, int]:
    kind, priority, strength = found
    return kind, priority or "", -tuple(Strength).index(strength) if strength else 0


def _kind(kind: str, strength: str, priority: str, found: Sequence[Verdict]) -> Row:
    detected, in_time = sum(one.is_detected for one in found), sum(one.is_in_time for one in found)
    alerts = sorted({one.detection.alert for one in found if one.detection})
    cells = (
        *(kind, strength, priority, ", ".join(alerts) or NOTHING),
        *(str(len(found)), str(detected), str(in_time)),
        length(middle(one.time_to_detect for one in found)),
        length(middle(one.time_to_clear for one in found)),
        decimal(sum(len(one.pages) for one in found) / len(found)),
    )
    return Row(cells, Tone.PLAIN if in_time == len(found) else Tone.BAD)


def late(report: Report) -> Table:
    """Return the incidents that nobody was told of, or too late, and what fired instead."""
    return Table(
        "Not detected, or too late",
        ("began", "lasted", "kind", "strength", "priority", "told after", "allowed", "what people were told instead"),
        tuple(_late(one, report) for one in report.ours.late(*Priority)),
        figures=8,
    )


def _late(verdict: Verdict, report: Report) -> Row:
    occurrence = verdict.occurrence
    told = [
        f"{one.alert} ({one.priority}, after {length(one.at - occurrence.start)})"
        for page in report.pages
        for one in page.told
        if occurrence.start <= one.at < occurrence.end + MARGIN
    ]
    cells = (
        *(moment(occurrence.start), length(occurrence.end - occurrence.start), occurrence.kind),
        *(occurrence.strength or NOTHING, occurrence.priority or NOTHING),
        *(length(verdict.time_to_detect), length(response_time(occurrence))),
        ", ".join(dict.fromkeys(told)) or "nothing",
    )
    return Row(cells, Tone.BAD if occurrence.priority in FELT else Tone.PLAIN)


def _of(found: Iterable[Verdict], count: int) -> str:
    return f"{count} of {len(tuple(found))}"
