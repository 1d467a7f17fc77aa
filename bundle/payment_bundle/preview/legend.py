"""The legend of a chart: a list, or a table with calculations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.display import show
from payment_bundle.preview.links import data_links, datum_of
from payment_bundle.preview.series import calc_title, calculate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_bundle.preview.field_config import FieldOptions
    from payment_bundle.preview.links import Link
    from payment_bundle.preview.model import Legend
    from payment_bundle.preview.series import Series
    from payment_bundle.preview.view import View

#: What the table that stands for a chart says of each series.
SUMMARY = ("min", "mean", "max", "lastNotNull")


@dataclass(frozen=True, slots=True)
class Entry:
    """A series in a legend; ``index`` is its trace in the chart."""

    index: int
    name: str
    colour: str
    figures: tuple[str, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Plotted:
    """A series as it is plotted: with the options of its field and its colour."""

    series: Series
    options: FieldOptions
    colour: str

    @property
    def name(self) -> str:
        """What it is called."""
        return self.options.display_name or self.series.name


def titles(calcs: Sequence[str]) -> tuple[str, ...]:
    """Return the headings of the calculations."""
    return tuple(calc_title(calc) for calc in calcs)


def entries(plotted: Sequence[Plotted], legend: Legend, view: View) -> tuple[Entry, ...]:
    """Return the legend's entries, in its order."""
    found = [
        (_sort_key(one, legend), entry(index, one, legend.calcs, view))
        for index, one in enumerate(plotted)
        if not one.options.custom.hide_from.legend
    ]
    if legend.sort_by:
        found.sort(key=lambda pair: pair[0], reverse=legend.sort_desc)
    return tuple(one for _, one in found)


def entry(index: int, plotted: Plotted, calcs: Sequence[str], view: View) -> Entry:
    """Return one entry, with the figures that ``calcs`` name."""
    figures = tuple(show(calculate(calc, plotted.series.values), plotted.options, view.now).text for calc in calcs)
    last = show(calculate("lastNotNull", plotted.series.values), plotted.options, view.now).text
    links = data_links(plotted.options.links, view, datum_of(plotted.series, last))
    return Entry(index, plotted.name, plotted.colour, figures, links)


def _sort_key(plotted: Plotted, legend: Legend) -> tuple[float, str]:
    calc = next((calc for calc in legend.calcs if calc_title(calc) == legend.sort_by), "")
    value = calculate(calc, plotted.series.values) if calc else None
    return (value if value is not None else float("-inf"), plotted.name)
