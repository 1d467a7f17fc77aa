"""The rule groups that are generated, in the order in which they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from payment_alerts.groups import alert_groups
from payment_alerts.rules import rules
from payment_bundle.ruler.rule_group import RuleGroup
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.promql import analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from payment_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """A group as it is sent, and as it means."""

    content: Mapping[str, Any]
    group: RuleGroup

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name


def wanted_groups(catalog: Catalog) -> tuple[WantedGroup, ...]:
    """Return every generated group, with its interval written out, each after those whose series it reads.

    A ruler's own interval is another one than Prometheus': Mimir's and Cortex' is a minute.
    """
    interval = {"interval": format_duration(catalog.settings.scraping.evaluation_interval)}
    contents = [
        {"name": group["name"], **interval, **{key: value for key, value in group.items() if key != "name"}}
        for document in rules(catalog, alert_groups(catalog)).values()
        if isinstance(document, YamlDocument)
        for group in cast("dict[str, Any]", document.content)["groups"]
    ]
    return _in_order(WantedGroup(content, RuleGroup.model_validate(content)) for content in contents)


def _in_order(groups: Iterable[WantedGroup]) -> tuple[WantedGroup, ...]:
    """Return the groups, each after those that record what it reads; some read each other, and stand in their order."""
    left = list(groups)
    needs = _needs(left)
    ordered: list[WantedGroup] = []
    while left:
        waiting = {group.name for group in left}
        ready = next(
            group for group in left if all(group.name in needs[other] for other in needs[group.name] & waiting)
        )
        ordered.append(ready)
        left.remove(ready)
    return tuple(ordered)


def _needs(groups: Sequence[WantedGroup]) -> dict[str, set[str]]:
    """Return for each group the names of those whose series it reads, and of those that these read, and so on."""
    recorded = {rule.record: group.name for group in groups for rule in group.group.rules if rule.record}
    read = {group.name: {recorded[name] for name in _read(group.group) if name in recorded} for group in groups}
    needs = {}
    for name, direct in read.items():
        found, asked = set[str](), set(direct)
        while asked:
            found |= asked
            asked = {further for other in asked for further in read[other]} - found
        needs[name] = found
    return needs


def _read(group: RuleGroup) -> frozenset[str]:
    return frozenset[str]().union(*(analyse(rule.expr, {}).selected for rule in group.rules))
