"""How metrics are named: Prometheus' rules, as promtool's check of metrics has them.

Source: https://prometheus.io/docs/practices/naming/ and the package promlint of client_golang.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payment_catalog.external_metrics import ALERTS
from payment_catalog.metric import MetricType
from payment_catalog.promql import TARGET_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.metric import Label, Metric

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
#: What a histogram's series end in.
_ENDINGS = ("_bucket", "_count", "_sum")
_PREFIXES = ("pico", "nano", "micro", "milli", "centi", "deci", "kilo", "kibi", "mega", "mebi", "giga", "gibi", "tera")
_BASE_UNITS = ("seconds", "bytes", "meters", "metres", "grams", "joules", "volts", "amperes")
#: What is no base unit, and the base unit in its place.
_UNITS = {
    **{f"{prefix}{unit}": unit for prefix in _PREFIXES for unit in _BASE_UNITS},
    **dict.fromkeys(
        ("minutes", "hours", "days", "weeks", "ms", "us", "ns", "sec", "secs", "millis", "micros"), "seconds"
    ),
    **dict.fromkeys(("bits", "kb", "mb", "gb", "tb", "kib", "mib", "gib"), "bytes"),
    "fahrenheit": "celsius",
    "percent": "ratio",
    "percentage": "ratio",
}
#: Set by Prometheus at the scrape, by a histogram, or by the rule of an alert.
RESERVED_LABELS = TARGET_LABELS | {"le", "quantile"} | frozenset(ALERTS.label_names)


def naming_problems(metric: Metric) -> Iterator[str]:
    """Yield what is wrong with the name, the text and the labels of ``metric``; its type and its ending are sound."""
    words = metric.name.split("_")
    if not _SNAKE_CASE.fullmatch(metric.name):
        yield "is no name of a metric: lower-case words with '_' between them, such as ledger_postings_pending"
    for word in words:
        if word in _UNITS:
            yield f"counts in {word}: use the base unit, {_UNITS[word]}"
        if word in set(MetricType) - {MetricType.UNKNOWN}:
            yield f"has its type in its name: leave '{word}' out"
    for ending in _ENDINGS:
        if metric.name.endswith(ending):
            yield f"ends in {ending}, as the series of a histogram do"
    if not metric.description.strip():
        yield "has no description"
    names = [label.name for label in metric.labels]
    for label in metric.labels:
        yield from _label_problems(label)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"has the label '{name}' twice"


def _label_problems(label: Label) -> Iterator[str]:
    if not _SNAKE_CASE.fullmatch(label.name):
        yield f"has the label '{label.name}', which is no name of one: lower-case words with '_' between them"
    elif label.name in RESERVED_LABELS:
        yield f"has the label '{label.name}', which Prometheus or an alert sets: choose another name"
