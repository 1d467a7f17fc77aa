"""Rules for the metrics and incidents of an extension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.extending.problem import Problem
from payment_bundle.extending.taken import Named
from payment_catalog.naming import naming_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.extending.taken import Taken
    from payment_catalog.addition import Addition
    from payment_catalog.catalog import Catalog


def metric_problems(addition: Addition, catalog: Catalog, taken: Taken) -> Iterator[Problem]:
    """Yield what is wrong with metrics: their names and labels, and names that somebody has already."""
    for metric in addition.metrics:
        yield from (Problem(metric.name, message) for message in naming_problems(metric))
        for label in sorted(catalog.settings.labels.keys() & set(metric.label_names)):
            yield Problem(metric.name, f"has the label '{label}', which the settings put on every alert")
        names = dict.fromkeys((metric.name, *metric.series_names))
        if wrong := taken.claim(Named.SERIES, addition.owner, *names):
            yield Problem(metric.name, wrong)


def incident_problems(addition: Addition, catalog: Catalog) -> Iterator[Problem]:
    """Yield what is wrong with incidents: a key that another one has, and nothing to tell people."""
    for incident in addition.incidents:
        other = catalog.incidents[incident.key]
        if other is not incident:
            yield Problem(incident.key, f"is the key of another incident already: {other.title}")
        for part in ("title", "symptoms", "diagnosis", "causes"):
            if not getattr(incident, part):
                yield Problem(incident.key, f"has no {part}: its runbook pages would say nothing there")
