"""Series that rules record: the labels of each rule's result, and how many values they take in what it reads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import promql_parser as ast

from payment_alerts.groups import recordings
from payment_catalog.cardinality import Amount, Extents, combinations, exactly
from payment_catalog.external_metrics import UP
from payment_catalog.prometheus_metrics import SCRAPE_DURATION
from payment_catalog.promql import TARGET_LABELS, analyse, parse
from payment_catalog.promql_text import places
from payment_catalog.publishers import EXPORTER, SERVICE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from payment_alerts.alert import AlertGroup
    from payment_bundle.capacity.population import Population
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

#: What Prometheus itself stores of each target, of whichever job.
_OF_EACH_TARGET = frozenset({UP, SCRAPE_DURATION})


@dataclass(frozen=True, slots=True)
class Stored:
    """What the rules of one service find: how many series of each name there are, in all of its environments."""

    population: Population
    extents: Extents
    metrics: Mapping[str, tuple[Metric, ...]]
    recorded: dict[str, Amount] = field(default_factory=dict)

    def selected(self, name: str, equal: Collection[str]) -> Amount:
        """Return how many series a selector of that name has, with labels in ``equal`` that must have one value."""
        if name in self.recorded:
            return self.recorded[name]
        found = [
            combinations(metric, set(metric.series_names[name]) - set(equal), self.extents)
            * self._shown(metric, by_instance=True)
            for metric in self.metrics.get(name, ())
        ]
        return _largest(found)

    def grouped(self, labels: Collection[str], sources: Iterable[Metric]) -> Amount:
        """Return how many series with ``labels`` an aggregation of ``sources`` makes."""
        return _largest(
            [
                combinations(metric, labels, self.extents)
                * (self._shown(metric, by_instance="instance" in labels) if "environment" in labels else 1)
                for metric in sources
            ]
        )

    def _shown(self, metric: Metric, *, by_instance: bool) -> int:
        """Return how often the metric is there for one service: in each environment, of each of its instances."""
        of_each = {SERVICE: self.population.instances, EXPORTER: self.population.exporters}
        if metric in _OF_EACH_TARGET:
            return self.population.environments * (sum(of_each.values()) if by_instance else len(of_each))
        return self.population.environments * (of_each.get(metric.published_by, 1) if by_instance else 1)


def stored(catalog: Catalog, groups: Iterable[AlertGroup], population: Population, extents: Extents) -> Stored:
    """Return what the rules of ``groups`` find when every one of them has been recorded."""
    rules = recordings(groups)
    declared = catalog.declared(rules)
    names: dict[str, list[Metric]] = defaultdict(list)
    for metric in catalog.metrics:
        for name in metric.series_names:
            names[name].append(metric)
    found = Stored(population, extents, {name: tuple(metrics) for name, metrics in names.items()})
    sources: dict[str, frozenset[Metric]] = {}
    for rule in rules:
        result = analyse(rule.expr, declared)
        read = frozenset(
            metric for name in result.selected for metric in sources.get(name, frozenset(names.get(name, ())))
        )
        sources[rule.record] = read
        known = frozenset(name for metric in read for names_of in metric.series_names.values() for name in names_of)
        series = found.grouped(result.labels, read)
        for label in result.labels - known - TARGET_LABELS:
            series *= _replacements(rule.expr, label)
        found.recorded[rule.record] = series
    return found


def equal_labels(selector: ast.VectorSelector) -> frozenset[str]:
    """Return the labels that the selector asks for one value of."""
    return frozenset(found.name for found in selector.matchers.matchers if found.op == ast.MatchOp.Equal)


def _replacements(expression: str, label: str) -> int:
    """Return how many values the expression itself gives to ``label``; 1 where it gives none."""
    calls = [place.node for place in places(parse(expression)) if isinstance(place.node, ast.Call)]
    values = {call.args[2].val for call in calls if call.func.name == "label_replace" and call.args[1].val == label}
    return max(1, len(values))


def _largest(amounts: Collection[Amount]) -> Amount:
    if not amounts:
        return exactly(0)
    return Amount(max(amount.usual for amount in amounts), max(amount.most for amount in amounts))
