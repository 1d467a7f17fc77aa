"""The metrics that rules and dashboards may use, by the program that publishes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.reference.table import code, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Label, Metric

#: What a name says of its unit by its ending, the longest first: Prometheus' naming conventions.
_UNITS = (
    ("_timestamp_seconds", "seconds since 1970"),
    ("_time_seconds", "seconds since 1970"),
    ("_minor_units", "minor units of the currency"),
    ("_seconds", "seconds"),
    ("_bytes", "bytes"),
    ("_ratio", "share of 1"),
)
#: Names that end like a time since 1970 and are none.
_SPANS = ("_response_time_seconds",)


def metrics(catalog: Catalog) -> str:
    """Return a section for each publisher, with its metrics in alphabetical order."""
    publishers = dict.fromkeys(metric.published_by for metric in catalog.metrics)
    return "\n".join(_section(publisher, catalog) for publisher in publishers)


def unit(metric: Metric) -> str:
    """Return the unit of the values; nothing for plain counts and states."""
    stem = metric.name.removesuffix("_total")
    if stem.endswith(_SPANS):
        return "seconds"
    return next((words for ending, words in _UNITS if stem.endswith(ending)), "")


def _section(publisher: str, catalog: Catalog) -> str:
    published = sorted((it for it in catalog.metrics if it.published_by == publisher), key=lambda it: it.name)
    head = ("name", "type", "unit", "labels", "what it says")
    return f"## {publisher}\n\n{table(head, map(_row, published))}"


def _row(metric: Metric) -> tuple[str, ...]:
    return (
        code(metric.name),
        metric.type.value,
        unit(metric),
        "; ".join(map(_label, metric.labels)),
        prose(" ".join(_sentences(metric))),
    )


def _label(label: Label) -> str:
    values = ", ".join(label.values) if label.values else label.bound
    return f"{code(label.name)}: {prose(values)}"


def _sentences(metric: Metric) -> Iterator[str]:
    yield metric.description
    if metric.buckets:
        yield f"Buckets: {', '.join(f'{bound:g}' for bound in metric.buckets)}."
    if metric.conditional:
        yield f"Not always there: {metric.conditional.rstrip('.')}."
    if metric.library:
        yield f"Made by {metric.library}."
