"""Links of fields, of panels and of the dashboard, with the variables in their addresses filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_bundle.preview.interpolation import Datum, in_address, in_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_bundle.preview.field_config import DataLink
    from payment_bundle.preview.model import Dashboard, DashboardLink
    from payment_bundle.preview.series import Series
    from payment_bundle.preview.view import View


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link goes, and what it is called; ``others`` are the entries of a drop-down."""

    title: str
    url: str
    new_tab: bool = False
    tooltip: str = ""
    others: tuple[Link, ...] = ()
    current: bool = False


def data_links(links: Iterable[DataLink], view: View, datum: Datum | None = None) -> tuple[Link, ...]:
    """Return those of ``links`` that lead somewhere."""
    found = (
        Link(in_text(link.title, view.choices), in_address(link.url, view.choices, view.span, datum), link.target_blank)
        for link in links
    )
    return tuple(link for link in found if link.url)


def datum_of(series: Series, text: str) -> Datum:
    """Return what links at a series can refer to: its labels, and its last value."""
    last = next((index for index in range(len(series.values) - 1, -1, -1) if series.values[index] is not None), None)
    return Datum(
        name=series.name,
        labels=series.labels,
        fields=series.labels,
        raw="" if last is None else f"{series.values[last]:g}",
        text=text,
        milliseconds=None if last is None else round(series.times[last] * 1000),
    )


def dashboard_links(view: View, dashboards: Mapping[str, Dashboard]) -> tuple[Link, ...]:
    """Return the links on top of a dashboard, those to other dashboards among ``dashboards`` by their tags."""
    found: list[Link] = []
    for link in view.dashboard.links:
        if link.type == "link":
            url = in_address(_with_parameters(link.url, link, view), view.choices, view.span)
            if url:
                found.append(Link(link.title, url, link.target_blank, link.tooltip))
            continue
        tagged = tuple(
            Link(
                one.title,
                _with_parameters(f"/d/{one.uid}", link, view),
                link.target_blank,
                one.description,
                current=one.uid == view.dashboard.uid,
            )
            for one in dashboards.values()
            if set(link.tags) <= set(one.tags)
        )
        if link.as_dropdown:
            found.append(Link(link.title, "", tooltip=link.tooltip, others=tagged))
        else:
            found.extend(tagged)
    return tuple(found)


def _with_parameters(url: str, link: DashboardLink, view: View) -> str:
    parameters = [
        part
        for wanted, part in ((link.keep_time, view.time_parameters), (link.include_vars, view.variable_parameters))
        if wanted and part
    ]
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(parameters)}" if parameters else url
