"""Where the rules of a Prometheus or of a ruler differ from the generated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.differences.comparison import Comparison, Difference, Nature
from payment_bundle.ruler.group_differences import group_differences, group_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from payment_bundle.ruler.rule_group import RuleGroup
    from payment_bundle.ruler.wanted import WantedGroup

#: What the names of our groups begin with; the runbook names one itself.
_OURS = ("payment-", "security-alerts")


def compare_namespace(there: Mapping[str, RuleGroup], wanted: Sequence[WantedGroup], place: str) -> Comparison:
    """Compare the groups of a namespace of ours: one more is a difference."""
    found = [difference for group in wanted for difference in _differences(there.get(group.name), group)]
    names = {group.name for group in wanted}
    found += [_surplus(name) for name in there if name not in names]
    return Comparison("rules", place, _groups(len(wanted)), tuple(found))


def compare_running(there: Iterable[RuleGroup], wanted: Sequence[WantedGroup], place: str) -> Comparison:
    """Compare the groups that a Prometheus runs, where others' may be too.

    Several may have a name of ours, of several services: that counts which differs least.
    """
    by_name: dict[str, list[RuleGroup]] = {}
    for running in there:
        by_name.setdefault(running.name, []).append(running)
    found: list[Difference] = []
    for group in wanted:
        outcomes = [_differences(candidate, group) for candidate in by_name.pop(group.name, [])]
        nearest: list[Difference] = min(outcomes, key=len) if outcomes else _differences(None, group)
        found += nearest
    ours = [name for name in by_name if name.startswith(_OURS)]
    found += [_surplus(name) for name in ours]
    others = len(by_name) - len(ours)
    notes = (f"{_groups(others)} of others not compared",) if others else ()
    return Comparison("rules", place, _groups(len(wanted)), tuple(found), notes)


def _differences(there: RuleGroup | None, wanted: WantedGroup) -> list[Difference]:
    if there is None:
        return [Difference(group_subject(wanted.name), "is missing", Nature.MISSING)]
    return list(group_differences(there, wanted.group))


def _surplus(name: str) -> Difference:
    return Difference(group_subject(name), "is not generated", Nature.SURPLUS)


def _groups(count: int) -> str:
    return f"{count} rule group{'' if count == 1 else 's'}"
