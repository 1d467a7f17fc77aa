"""The difference between two rule groups of one name, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.differences.comparison import Difference, Nature
from payment_bundle.differences.numbered import numbered
from payment_bundle.differences.tree import ABSENT, Change
from payment_bundle.ruler.rule_group import as_written, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import timedelta

    from payment_bundle.ruler.rule_group import Rule, RuleGroup


def group_differences(there: RuleGroup, wanted: RuleGroup) -> Iterator[Difference]:
    """Return what makes ``wanted`` out of ``there``, nothing where they mean the same."""
    subject = group_subject(wanted.name)
    yield from _duration(subject, "interval", there.interval, wanted.interval)
    for key in sorted(there.more.keys() | wanted.more.keys()):
        yield from _value(subject, key, there.more.get(key, ABSENT), wanted.more.get(key, ABSENT))
    left, right = _by_subject(there.rules), _by_subject(wanted.rules)
    for name, rule in right.items():
        if name in left:
            yield from _rule(name, left[name], rule)
        else:
            yield Difference(name, f"is missing in group {wanted.name}", Nature.MISSING)
    for name in left:
        if name not in right:
            yield Difference(name, f"is in group {wanted.name}, and is not generated", Nature.SURPLUS)
    if [name for name in left if name in right] != [name for name in right if name in left]:
        yield Difference(subject, "its rules stand in another order")


def group_subject(name: str) -> str:
    """Return what a group is called."""
    return f"group {name}"


def _rule(subject: str, there: Rule, wanted: Rule) -> Iterator[Difference]:
    left, right = normal(there.expr), normal(wanted.expr)
    if left != right:
        yield from _value(subject, "expression", left, right)
    yield from _duration(subject, "for", there.pending, wanted.pending)
    yield from _duration(subject, "keep_firing_for", there.keep_firing, wanted.keep_firing)
    yield from _texts(subject, "label", there.labels, wanted.labels)
    yield from _texts(subject, "annotation", there.annotations, wanted.annotations)


def _duration(subject: str, what: str, there: timedelta, wanted: timedelta) -> Iterator[Difference]:
    if there != wanted:
        yield from _value(subject, what, as_written(there), as_written(wanted))


def _texts(subject: str, kind: str, there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Difference]:
    for name in {**wanted, **there}:
        yield from _value(subject, f"{kind} {name}", there.get(name, ABSENT), wanted.get(name, ABSENT))


def _value(subject: str, what: str, there: object, wanted: object) -> Iterator[Difference]:
    if there != wanted:
        yield Difference(subject, Change((what,), there, wanted).words())


def _by_subject(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Return the rules by what they are called; those that share a name are numbered."""
    return numbered((f"{rule.kind} {rule.name}", rule) for rule in rules)
