"""Each series of a panel as one value: what stat panels and bar gauges show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.display import show
from payment_bundle.preview.fields import Fields
from payment_bundle.preview.links import data_links, datum_of
from payment_bundle.preview.series import calculate

if TYPE_CHECKING:
    from payment_bundle.preview.data import PanelData
    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Panel
    from payment_bundle.preview.series import Series
    from payment_bundle.preview.view import View

_MOST = 100


@dataclass(frozen=True, slots=True)
class Reduced:
    """A series, its value, and how its field shows."""

    name: str
    value: float | None
    options: FieldOptions
    series: Series
    links: tuple[Link, ...]


def reduced(panel: Panel, data: PanelData, view: View) -> tuple[Reduced, ...]:
    """Return the panel's calculation of each series."""
    fields = Fields(panel.field_config)
    calc = next(iter(panel.options.reduce_options.calcs), "lastNotNull")
    return tuple(_reduced(series, fields.of(series.name, series.ref), calc, view) for series in data.series[:_MOST])


def _reduced(series: Series, options: FieldOptions, calc: str, view: View) -> Reduced:
    value = calculate(calc, series.values)
    links = data_links(options.links, view, datum_of(series, show(value, options, view.now).text))
    return Reduced(options.display_name or series.name, value, options, series, links)
