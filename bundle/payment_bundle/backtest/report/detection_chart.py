"""Time to detect, a line for each kind of incident and a dot for each incident, on a logarithmic scale."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.backtest.judging import FELT
from payment_bundle.backtest.lengths import length
from payment_bundle.backtest.report.content import moment
from payment_catalog.severities import SEVERITY_LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.backtest.report.content import Report
    from payment_bundle.backtest.verdict import Verdict

#: Of the part with the scale, in the drawing's own units.
WIDTH = 640.0
_SHORTEST, _LONGEST = 10, 24 * 3600
_MARKS = (10, 30, 60, 180, 600, 1800, 7200, 28_800, 86_400)


@dataclass(frozen=True, slots=True)
class Dot:
    """An incident at ``x``, ``None`` where it was not detected; ``style`` is the class of its look."""

    x: float | None
    style: str
    about: str


@dataclass(frozen=True, slots=True)
class Line:
    """The incidents of a kind."""

    kind: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class DetectionChart:
    """Marks of the axis with their texts, the response times of the runbook, and a line for each kind."""

    marks: tuple[tuple[float, str], ...]
    limits: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]


def detection_chart(report: Report) -> DetectionChart:
    """Return the chart of all incidents, kinds in order of their names."""
    kinds: Mapping[str, list[Verdict]] = defaultdict(list)
    for verdict in report.ours.verdicts:
        kinds[verdict.occurrence.kind].append(verdict)
    return DetectionChart(
        marks=tuple((_place(mark), length(mark)) for mark in _MARKS),
        limits=tuple((_place(SEVERITY_LEVELS[priority].response.total_seconds()), priority.value) for priority in FELT),
        lines=tuple(Line(kind, tuple(map(_dot, found))) for kind, found in sorted(kinds.items())),
    )


def _dot(verdict: Verdict) -> Dot:
    occurrence, taken = verdict.occurrence, verdict.time_to_detect
    strength = f", {occurrence.strength}" if occurrence.strength else ""
    told = f"{verdict.detection.alert} after {length(taken)}" if verdict.detection else "not detected"
    return Dot(
        None if taken is None else _place(taken),
        (occurrence.priority or "harmless").lower(),
        f"{occurrence.kind}{strength}\n{moment(occurrence.start)}\n{occurrence.priority}: {told}",
    )


def _place(seconds: float) -> float:
    clipped = min(max(seconds, _SHORTEST), _LONGEST)
    return round(math.log(clipped / _SHORTEST) / math.log(_LONGEST / _SHORTEST) * WIDTH, 1)
