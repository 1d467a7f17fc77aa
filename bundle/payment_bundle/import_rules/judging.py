"""How each rule that somebody has relates to ours; pure."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_bundle.import_rules.condition import ABOVE, BELOW, selectors, series_name, watched
from payment_bundle.import_rules.reading import RuleKind
from payment_catalog.durations import format_duration
from payment_catalog.promql import PromQLError, parse
from payment_catalog.promql_normal import normal_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_bundle.import_rules.condition import Condition, Watched
    from payment_bundle.import_rules.ours import OurRule, Ours
    from payment_bundle.import_rules.reading import FoundRule

#: So many rules of ours are named at most.
_NAMED = 3


class Verdict(StrEnum):
    """What becomes of a rule beside ours."""

    COVERED = "covered"
    STRICTER = "stricter"
    LOOSER = "looser"
    DUPLICATE = "duplicate"
    NEW = "new"
    UNKNOWN = "unknown"
    INVALID = "invalid"

    @property
    def is_finding(self) -> bool:
        """Whether it must be put right before both sets of rules can be loaded."""
        return self in {Verdict.DUPLICATE, Verdict.INVALID}

    @property
    def meaning(self) -> str:
        """The verdict in a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    Verdict.COVERED: "an alert of ours watches the same",
    Verdict.STRICTER: "ours watches the same and fires later",
    Verdict.LOOSER: "ours watches the same and fires sooner",
    Verdict.DUPLICATE: "the same rule twice, or one of ours",
    Verdict.NEW: "reads known series, and nothing of ours watches the same",
    Verdict.UNKNOWN: "reads series that the catalogue does not know",
    Verdict.INVALID: "cannot be used as it stands",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule, the verdict, the rules of ours that it is about, and why."""

    rule: FoundRule
    verdict: Verdict
    reason: str
    ours: tuple[str, ...] = ()


def judge(rules: Sequence[FoundRule], ours: Ours) -> tuple[Judged, ...]:
    """Return a verdict for each rule, in their order."""
    own = {rule.name for rule in rules if rule.kind is RuleKind.RECORD and not rule.problem}
    seen = _Seen()
    return tuple(_judge(rule, ours, ours.known | own, seen) for rule in rules)


def counted(judged: Iterable[Judged]) -> dict[Verdict, int]:
    """Return how often each verdict was given, zeros included."""
    found = Counter(each.verdict for each in judged)
    return {verdict: found[verdict] for verdict in Verdict}


@dataclass(slots=True)
class _Seen:
    """The rules that were looked at, by what Prometheus and by what people take for the same."""

    names: dict[object, FoundRule] = field(default_factory=dict)
    forms: dict[object, FoundRule] = field(default_factory=dict)

    def twin(self, rule: FoundRule, normal: str) -> str:
        """Return in words which rule before this one is the same, or an empty text."""
        place = "{0.file}:{0.line}"
        labels = frozenset(rule.labels.items())
        named = self.names.setdefault((rule.kind, rule.name, labels), rule)
        formed = self.forms.setdefault((rule.kind, normal, rule.pending), rule)
        if named is not rule:
            return f"{place.format(named)} has the same name and labels"
        return f"{formed.name} in {place.format(formed)} has the same expression" if formed is not rule else ""


def _judge(rule: FoundRule, ours: Ours, known: frozenset[str], seen: _Seen) -> Judged:
    if rule.problem:
        return Judged(rule, Verdict.INVALID, rule.problem)
    try:
        twin = seen.twin(rule, normal_form(rule.expr))
        reads = watched(rule.expr, ours.definitions)
    except PromQLError as error:
        return Judged(rule, Verdict.INVALID, f"the expression {error}")
    namesake = ours.named(rule.kind, rule.name)
    if namesake is not None:
        same = "and the same" if namesake.watched.normal == reads.normal else "but another"
        return Judged(rule, Verdict.DUPLICATE, f"ours has the same name {same} expression", (rule.name,))
    if twin:
        return Judged(rule, Verdict.DUPLICATE, twin)
    unknown = _unknown(rule.expr, known)
    if unknown:
        return Judged(rule, Verdict.UNKNOWN, "; ".join(unknown))
    return _same(rule, reads, ours) or _alike(rule, reads, ours) or _new(rule)


def _unknown(expr: str, known: frozenset[str]) -> tuple[str, ...]:
    names = (series_name(selector) for selector in selectors(parse(expr)))
    return tuple(
        f"{name}{_nearest(name, known)}"
        for name in dict.fromkeys(name or "a selector without a name" for name in names)
        if name not in known
    )


def _nearest(name: str, known: frozenset[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f" (ours is {close[0]})" if close else ""


def _same(rule: FoundRule, reads: Watched, ours: Ours) -> Judged | None:
    """Compare with the rule of ours that watches the same, of several the one whose limit is nearest."""
    found = [other for other in ours.rules if other.kind is rule.kind and _compares_the_same(reads, other.watched)]
    if not found:
        return None
    nearest = min(found, key=lambda other: _distance(rule, reads, other))
    if nearest.pending is None:
        return Judged(rule, Verdict.DUPLICATE, f"{nearest.name} of ours records the same", (nearest.name,))
    if nearest.watched.normal == reads.normal and nearest.pending == rule.pending:
        return Judged(rule, Verdict.DUPLICATE, f"{nearest.name} of ours is the same", (nearest.name,))
    verdict, words = _compared(rule, reads, nearest)
    return Judged(rule, verdict, f"{nearest.name} of ours {words}", (nearest.name,))


def _compares_the_same(one: Watched, other: Watched) -> bool:
    if one.normal == other.normal:
        return True
    if one.first is None or other.first is None:
        return False
    is_limit = one.first.limit is not None and other.first.limit is not None
    return is_limit and (one.first.subject, one.first.side) == (other.first.subject, other.first.side)


def _distance(rule: FoundRule, reads: Watched, other: OurRule) -> tuple[bool, float, timedelta]:
    limits = (_limit(reads.first), _limit(other.watched.first))
    apart = abs(limits[0] - limits[1]) if None not in limits else 0
    return reads.normal != other.watched.normal, apart, abs(rule.pending - (other.pending or timedelta(0)))


def _limit(condition: Condition | None) -> float:
    return condition.limit if condition is not None and condition.limit is not None else 0


def _compared(rule: FoundRule, reads: Watched, other: OurRule) -> tuple[Verdict, str]:
    pending = other.pending or timedelta(0)
    theirs, mine = reads.first, other.watched.first
    words = "watches the same"
    if theirs is not None and mine is not None and theirs.limit != mine.limit:
        words += (
            f" and has {mine} for {format_duration(pending)}, this one {theirs} for {format_duration(rule.pending)}"
        )
        if theirs.side in {">", "<"}:
            is_stricter = (_limit(theirs) < _limit(mine)) == (theirs.operator in ABOVE)
            return Verdict.STRICTER if is_stricter else Verdict.LOOSER, words
        return Verdict.COVERED, words
    if rule.pending != pending:
        words += f" and waits for {format_duration(pending)}, this one for {format_duration(rule.pending)}"
        return Verdict.STRICTER if rule.pending < pending else Verdict.LOOSER, words
    return Verdict.COVERED, words


def _alike(rule: FoundRule, reads: Watched, ours: Ours) -> Judged | None:
    """Find alerts of ours that read the same series and compare in the same direction, the plainest first."""
    if rule.kind is not RuleKind.ALERT or reads.first is None or not reads.selections:
        return None
    kind = (reads.first.side, reads.is_ratio)
    found = [
        other
        for other in ours.rules
        if other.kind is RuleKind.ALERT
        and other.watched.first is not None
        and (other.watched.first.side, other.watched.is_ratio) == kind
        and other.watched.selections == reads.selections
        and other.watched.is_of_jobs(reads)
    ]
    if not found:
        return None
    found.sort(key=lambda other: (other.watched.comparisons, _distance(rule, reads, other)))
    names = tuple(other.name for other in found[:_NAMED])
    direction = f", {_direction(reads.first)} a limit" if reads.first.operator in ABOVE | BELOW else ""
    reason = f"{', '.join(names)} of ours: the same series{direction}, by another expression; compare"
    return Judged(rule, Verdict.COVERED, reason, names)


def _direction(condition: Condition) -> str:
    return "above" if condition.operator in ABOVE else "below"


def _new(rule: FoundRule) -> Judged:
    what = "no alert of ours watches this" if rule.kind is RuleKind.ALERT else "we do not record this"
    return Judged(rule, Verdict.NEW, f"{what}: keep it")
