"""What a value shows as: its text and its colour, by mapping, unit, threshold and the colour mode of its field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import classic, hexadecimal
from payment_bundle.preview.field_config import RangeMapping, SpecialMapping, ValueMapping
from payment_bundle.preview.units import format_value

if TYPE_CHECKING:
    from datetime import datetime

    from payment_bundle.preview.field_config import FieldOptions, Mapping, Meaning, Step


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as people see it; ``colour`` is ``#RRGGBB``, empty where nothing colours it."""

    text: str
    colour: str = ""


def show(value: float | str | None, options: FieldOptions, now: datetime | None = None) -> Shown:
    """Return how ``value`` shows in a field with ``options``."""
    meaning = _meaning(value, options.mappings)
    text = meaning.text if meaning else ""
    colour = hexadecimal(meaning.color) if meaning and meaning.color else _colour(value, options)
    if not text:
        text = value if isinstance(value, str) else format_value(value, options.unit, options.decimals, now)
    return Shown(text if text or value is not None else options.no_value, colour)


def threshold_colour(value: float | None, options: FieldOptions) -> str:
    """Return the colour of the step that holds at ``value``; the first one's for no value."""
    steps = options.thresholds.steps
    reached = steps[:1]
    if value is not None and not math.isnan(value):
        reached = tuple(step for step in steps if step.value is None or value >= step_value(step, options)) or reached
    return hexadecimal(reached[-1].color) if reached else hexadecimal("green")


def step_value(step: Step, options: FieldOptions) -> float:
    """Return where a step begins, in the field's own values."""
    value = step.value if step.value is not None else -math.inf
    if options.thresholds.mode == "percentage":
        low, high = options.min or 0, 100 if options.max is None else options.max
        return low + (high - low) * value / 100
    return value


def series_colour(index: int, last: float | None, options: FieldOptions, default_mode: str) -> str:
    """Return the colour of the series at ``index`` of a panel, whose last value is ``last``."""
    mode = options.color.mode if options.color else default_mode
    if mode in {"fixed", "shades"} and options.color and options.color.fixed_color:
        return hexadecimal(options.color.fixed_color)
    if mode == "thresholds":
        return threshold_colour(last, options)
    return classic(index)


def _colour(value: float | str | None, options: FieldOptions) -> str:
    mode = options.color.mode if options.color else "thresholds"
    if mode in {"fixed", "shades"} and options.color:
        return hexadecimal(options.color.fixed_color)
    if isinstance(value, str):
        return ""
    return threshold_colour(value, options)


def _meaning(value: float | str | None, mappings: tuple[Mapping, ...]) -> Meaning | None:
    return next((meaning for mapping in mappings if (meaning := _mapped(value, mapping))), None)


def _mapped(value: float | str | None, mapping: Mapping) -> Meaning | None:
    match mapping:
        case ValueMapping(options=meanings):
            return next((meaning for written, meaning in meanings.items() if _same(written, value)), None)
        case RangeMapping(options=limits):
            if value is None or isinstance(value, str) or math.isnan(value):
                return None
            above = limits.from_ is None or value >= limits.from_
            below = limits.to is None or value <= limits.to
            return limits.result if above and below else None
        case SpecialMapping(options=special):
            return special.result if _special(value) in special.match.split("+") else None


def _same(written: str, value: float | str | None) -> bool:
    if value is None or isinstance(value, str):
        return written == value
    try:
        return float(written) == value
    except ValueError:
        return False


def _special(value: float | str | None) -> str:
    if value is None:
        return "null"
    if value == "":
        return "empty"
    return "nan" if not isinstance(value, str) and math.isnan(value) else ""
