"""The marks of a value axis: round numbers in the unit that suits the axis' end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.units import format_value, plain_decimals, scale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_bundle.preview.field_config import FieldOptions

_STEPS = (1, 2, 2.5, 5, 10)
_MARKS = 5


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """Ends of an axis, and its marks with their texts; on a logarithmic axis the ends are exponents of ten."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]
    title: str = ""
    logarithmic: bool = False


def value_axis(values: Iterable[float], options: FieldOptions) -> ValueAxis:
    """Return an axis on which every one of ``values`` has its place, and the field's minimum and maximum hold."""
    custom = options.custom
    finite = [value for value in values if math.isfinite(value)]
    if custom.scale_distribution.type == "log":
        return _logarithmic([value for value in finite if value > 0], options)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    low = min(low, low if custom.axis_soft_min is None else custom.axis_soft_min)
    high = max(high, high if custom.axis_soft_max is None else custom.axis_soft_max)
    low = low if options.min is None else options.min
    high = high if options.max is None else options.max
    if high <= low:
        high = low + (abs(low) or 1)
    step = _nice_step(low, high, options.unit)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    axis_low = low if options.min is not None else first * step
    axis_high = high if options.max is not None else last * step
    marks = [
        index * step
        for index in range(first, last + 1)
        if axis_low - step * 1e-6 <= index * step <= axis_high * 1.000001
    ]
    return ValueAxis(axis_low, axis_high, _written(marks, options), custom.axis_label)


def _nice_step(low: float, high: float, unit: str) -> float:
    """Return a distance that is round in the unit in which the axis' end is written."""
    factor = scale(max(abs(low), abs(high)), unit).factor
    raw = (high - low) / _MARKS / factor
    magnitude: float = 10.0 ** math.floor(math.log10(raw))
    return min((step for step in _STEPS if step * magnitude >= raw * 0.999), default=10) * magnitude * factor


def _logarithmic(values: list[float], options: FieldOptions) -> ValueAxis:
    low = math.floor(math.log10(min(values, default=1)))
    high = max(math.ceil(math.log10(max(values, default=10))), low + 1)
    marks = [10.0**exponent for exponent in range(low, high + 1)]
    return ValueAxis(low, high, _written(marks, options), options.custom.axis_label, logarithmic=True)


def _written(marks: list[float], options: FieldOptions) -> tuple[tuple[float, str], ...]:
    def text(mark: float) -> str:
        decimals = plain_decimals([scale(mark, options.unit).number])
        return format_value(mark, options.unit, min(decimals, 6))

    return tuple((mark, text(mark)) for mark in marks)
