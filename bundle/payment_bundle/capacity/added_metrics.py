"""Metrics of extensions: what is assumed of labels that only words bound, and what cannot be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.cardinality import EXTENTS, Amount, Extent
from payment_catalog.publishers import EXPORTER, SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.cardinality import Extents
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

#: Values of a label of which nothing is known but the words that bound it.
ASSUMED = Amount(10, 100)


def assumed_extents(catalog: Catalog) -> Extents:
    """Return the extents of the open labels of extensions' metrics."""
    return {
        label: Extent(ASSUMED, f"assumed; bound by {label.bound}")
        for metric in _added(catalog)
        for label in metric.labels
        if not label.values and label not in EXTENTS
    }


def reservations(catalog: Catalog) -> Iterator[str]:
    """Yield what of extensions' metrics the figures assume, and what they leave out."""
    open_labels = assumed_extents(catalog)
    for metric in _added(catalog):
        for label in metric.labels:
            if label in open_labels:
                yield (
                    f"`{metric.name}`: the label `{label.name}` is bound by {label.bound}; {ASSUMED.usual:g} values "
                    f"are assumed, {ASSUMED.most:g} at most."
                )
        if metric.published_by not in {SERVICE, EXPORTER}:
            yield f"`{metric.name}` is not counted among the scraped series: {metric.published_by} publishes it."


def _added(catalog: Catalog) -> Iterator[Metric]:
    for addition in catalog.additions:
        yield from addition.metrics
