"""Exemplars on a chart: single observations that lead to a trace."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from payment_bundle.preview.colours import hexadecimal
from payment_bundle.preview.figure import Json, finite, milliseconds
from payment_bundle.preview.units import format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.queries import Exemplar

#: The largest of each of so many parts of the range are shown.
_PARTS, _IN_A_PART = 60, 2


def telling(found: Sequence[Exemplar], start: float, end: float) -> list[Exemplar]:
    """Return the largest exemplars of each part of the range: all of them would hide the lines."""
    part = (end - start) / _PARTS
    kept: list[Exemplar] = []
    for _, members in groupby(sorted(found, key=lambda one: one.at), lambda one: one.at // part):
        kept.extend(sorted(members, key=lambda one: one.value)[-_IN_A_PART:])
    return kept


def exemplar_marks(found: Sequence[Exemplar], options: FieldOptions) -> Json:
    """Return a mark for each exemplar, with its labels for the tooltip."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "exemplar",
        "x": [milliseconds(one.at) for one in found],
        "y": finite(one.value for one in found),
        "text": [
            f"{format_value(one.value, options.unit)} "
            + " ".join(f"{label}={value}" for label, value in sorted(one.labels.items()) if label != "__name__")
            for one in found
        ],
        "hoverinfo": "none",
        "marker": {"symbol": "diamond", "size": 6, "color": hexadecimal("blue"), "opacity": 0.8},
        "cliponaxis": True,
    }
