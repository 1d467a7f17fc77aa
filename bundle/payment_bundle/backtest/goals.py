"""What the alerts must reach, and whether they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.judging import URGENT, Judgement
from payment_bundle.backtest.lengths import length
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_bundle.backtest.verdict import Verdict

#: Median time to detect what wakes somebody.
_MEDIAN_TIME_TO_DETECT = timedelta(minutes=3).total_seconds()
_RECALL_URGENT = 0.98
_RECALL_P2 = 0.9
_FALSE_PAGES_PER_WEEK = 1
_URGENT = " and ".join(URGENT)


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: what it is about, what is wanted and what was found; ``is_met`` is ``None`` with nothing to judge.

    ``culprits`` names what keeps it from being met, where that can be told.
    """

    about: str
    wanted: str
    found: str
    is_met: bool | None
    culprits: tuple[str, ...] = ()


def goals(ours: Judgement, baseline: Judgement | None) -> tuple[Goal, ...]:
    """Return every goal for ``ours``, beside the plain thresholds of ``baseline``."""
    return tuple(_goals(ours, baseline))


def missed(found: tuple[Goal, ...]) -> tuple[Goal, ...]:
    """Return the goals that are missed."""
    return tuple(goal for goal in found if goal.is_met is False)


def _goals(ours: Judgement, baseline: Judgement | None) -> Iterator[Goal]:
    urgent, late = ours.of(*URGENT), ours.late(*URGENT)
    yield Goal(
        f"{_URGENT} in their response time",
        "all",
        f"{len(urgent) - len(late)} of {len(urgent)}",
        not late if urgent else None,
        _kinds(late),
    )
    typical = ours.median_time_to_detect(*URGENT)
    yield Goal(
        f"median time to detect {_URGENT}",
        f"at most {length(_MEDIAN_TIME_TO_DETECT)}",
        length(typical),
        None if not urgent else typical is not None and typical <= _MEDIAN_TIME_TO_DETECT,
    )
    yield _recall(ours, _URGENT, URGENT, _RECALL_URGENT)
    yield _recall(ours, Priority.P2, (Priority.P2,), _RECALL_P2)
    yield Goal(
        "false pages a week",
        f"at most {_FALSE_PAGES_PER_WEEK}",
        f"{ours.false_pages_per_week:.2f}",
        ours.false_pages_per_week <= _FALSE_PAGES_PER_WEEK,
        tuple(sorted({alert for found in ours.false_pages for alert in found.page.alerts})),
    )
    yield _fewer_pages(ours, baseline)


def _recall(ours: Judgement, about: str, priorities: tuple[Priority, ...], wanted: float) -> Goal:
    found = ours.recall(*priorities)
    return Goal(
        f"recall of {about}",
        f"at least {wanted:.2f}",
        "–" if found is None else f"{found:.3f}",
        None if found is None else found >= wanted,
        _kinds(one for one in ours.of(*priorities) if not one.is_detected),
    )


def _kinds(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    return tuple(sorted({found.occurrence.kind for found in verdicts}))


def _fewer_pages(ours: Judgement, baseline: Judgement | None) -> Goal:
    found, other = ours.pages_per_incident, baseline.pages_per_incident if baseline else None
    return Goal(
        "pages per incident",
        "fewer than plain thresholds" + ("" if other is None else f": {other:.2f}"),
        "–" if found is None else f"{found:.2f}",
        None if found is None or other is None else found < other,
    )
