"""Which alerts Alertmanager keeps to itself, because another one says it already."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_bundle.backtest.matchers import Matcher, all_match, parse_matchers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_bundle.backtest.episode import Episode

#: From and until when something holds, Unix times.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """While a source fires, nobody is told of targets that have the labels ``equal`` in common with it."""

    sources: tuple[Matcher, ...]
    targets: tuple[Matcher, ...]
    equal: tuple[str, ...]


def parse_rule(rule: Mapping[str, Any]) -> Rule:
    """Return an element of ``inhibit_rules`` in ``alertmanager.yml``."""
    return Rule(parse_matchers(rule["source_matchers"]), parse_matchers(rule["target_matchers"]), tuple(rule["equal"]))


def silent_spans(rules: Sequence[Rule], episodes: Sequence[Episode]) -> tuple[tuple[Span, ...], ...]:
    """Return for each of ``episodes`` when it is inhibited.

    As in Alertmanager, an inhibited alert still inhibits, and one that is on both sides of a rule is not inhibited by
    another that is.
    """
    silent: list[list[Span]] = [[] for _ in episodes]
    for rule in rules:
        is_target = [all_match(rule.targets, episode.labels) for episode in episodes]
        is_source = [all_match(rule.sources, episode.labels) for episode in episodes]
        sources: dict[tuple[str, ...], list[tuple[Span, bool]]] = defaultdict(list)
        for episode, source, target in zip(episodes, is_source, is_target, strict=True):
            if source:
                sources[_common(rule, episode)].append(((episode.start, episode.end), target))
        for spans, episode, source, target in zip(silent, episodes, is_source, is_target, strict=True):
            if target:
                found = sources.get(_common(rule, episode), ())
                spans.extend(span for span, both in found if not (source and both) and _overlap(span, episode))
    return tuple(map(tuple, silent))


def _common(rule: Rule, episode: Episode) -> tuple[str, ...]:
    return tuple(episode.labels.get(name, "") for name in rule.equal)


def _overlap(span: Span, episode: Episode) -> bool:
    return span[0] < episode.end and episode.start < span[1]
