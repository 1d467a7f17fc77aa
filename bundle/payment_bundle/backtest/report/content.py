"""Everything that a report tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.backtest.goals import Goal
    from payment_bundle.backtest.judging import Judgement
    from payment_bundle.backtest.notifying import Page
    from payment_bundle.backtest.slo_table import SloRow


@dataclass(frozen=True, slots=True)
class Report:
    """A history from ``start`` to ``end`` (Unix times) and what was found in it.

    ``facts`` say what the history is, ``left_out`` which alerts were not judged, and why; ``missing`` are recorded
    series that alerts read and the history does not have. ``baseline`` is the judgement
    on plain thresholds, ``None`` where there is none to compare with.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    start: int
    end: int
    ours: Judgement
    baseline: Judgement | None
    pages: tuple[Page, ...]
    slo: tuple[SloRow, ...]
    goals: tuple[Goal, ...]
    left_out: Mapping[str, str]
    missing: tuple[str, ...] = ()


def moment(seconds: int) -> str:
    """Return a Unix time as reports write it, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%a %Y-%m-%d %H:%M:%S}"
