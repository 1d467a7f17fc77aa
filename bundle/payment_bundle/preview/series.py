"""A series over time, and the figures that legends and stat panels show of it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NAME = "__name__"
_TEMPLATE = re.compile(r"\{\{\s*(.+?)\s*\}\}")
Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one set of labels at ``times`` (seconds since 1970); ``None`` where there is none."""

    name: str
    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: Values
    ref: str = "A"

    @property
    def is_empty(self) -> bool:
        """Whether it has no value at all."""
        return all(value is None for value in self.values)


def series_name(legend_format: str, labels: Mapping[str, str], *, alone: bool = True) -> str:
    """Return a series' name as Grafana makes it from a target's legend; ``alone`` when the target gave no other."""
    if legend_format and legend_format != "__auto":
        return _TEMPLATE.sub(lambda match: labels.get(match[1], ""), legend_format)
    own = {label: value for label, value in labels.items() if label != _NAME}
    if legend_format == "__auto" and len(own) == 1 and not alone:
        return next(iter(own.values()))
    matchers = ", ".join(f'{label}="{value}"' for label, value in sorted(own.items()))
    return f"{labels.get(_NAME, '')}{{{matchers}}}" if matchers else labels.get(_NAME, "Value")


def on_grid(points: Sequence[tuple[float, float]], start: float, step: float, count: int) -> Values:
    """Return the values at each of ``count`` steps from ``start``, ``None`` where a step has no point."""
    values: list[float | None] = [None] * count
    for at, value in points:
        position = round((at - start) / step)
        if 0 <= position < count:
            values[position] = value
    return tuple(values)


def calculate(calc: str, values: Values) -> float | None:
    """Return Grafana's calculation ``calc`` (``lastNotNull``, ``mean``...) of the values; ``None`` without one."""
    if calc in {"last", "first"}:
        return (values[-1] if calc == "last" else values[0]) if values else None
    present = [value for value in values if value is not None and not math.isnan(value)]
    calculation = _CALCULATIONS.get(calc, _CALCULATIONS["lastNotNull"])
    return calculation[1](present) if present else None


def calc_title(calc: str) -> str:
    """Return what a legend calls a calculation."""
    return _CALCULATIONS[calc][0] if calc in _CALCULATIONS else calc


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _increase(values: Sequence[float]) -> float:
    """A fall is a counter that began anew."""
    return math.fsum(after - before if after >= before else after for before, after in pairwise(values))


_CALCULATIONS: dict[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "lastNotNull": ("Last *", lambda values: values[-1]),
    "last": ("Last", lambda values: values[-1]),
    "firstNotNull": ("First *", lambda values: values[0]),
    "first": ("First", lambda values: values[0]),
    "min": ("Min", min),
    "max": ("Max", max),
    "mean": ("Mean", _mean),
    "sum": ("Total", math.fsum),
    "count": ("Count", lambda values: float(len(values))),
    "range": ("Range", lambda values: max(values) - min(values)),
    "delta": ("Delta", _increase),
    "diff": ("Difference", lambda values: values[-1] - values[0]),
    "stdDev": ("StdDev", _deviation),
}
