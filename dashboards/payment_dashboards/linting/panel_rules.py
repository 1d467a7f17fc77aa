"""Rules about what each panel says: data source, title, description, unit, text without data, queries."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from payment_dashboards.layout import COLUMNS
from payment_dashboards.linting.grid import Area
from payment_dashboards.linting.model import ROW, TEXT, Problem
from payment_dashboards.linting.vocabulary import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_dashboards.linting.model import Dashboard, Node, Rule, Surroundings

#: What every query and every query variable refers to.
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: More answers than this in one panel cost more than they tell. A table's columns are a query each.
MOST_QUERIES = 4
MOST_QUERIES_OF_A_TABLE = 6

_PAGE_PIXELS = 1280
_PAGE_PADDING = 16
_GAP = 8
#: Padding on both sides, the sign of the description and the menu.
_BESIDE_TITLE = 56
#: A medium letter of Inter at 14 pixels.
_LETTER = 7.5


def panel_datasource_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel and each of its queries refers to the data source that the reader chose."""
    for panel in dashboard.data_panels:
        for node, whose in ((panel, "its"), *((target, "a query's") for target in panel.parts("targets"))):
            if node.content.get("datasource") != DATASOURCE:
                yield Problem(
                    "panel-datasource-rule",
                    node,
                    f"{whose} datasource is {node.content.get('datasource')!r}: make it {DATASOURCE}",
                )


def panel_title_description_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel has a title and a description."""
    for panel in dashboard.data_panels:
        for key, purpose in (("title", "name what it shows"), ("description", "say what it shows and when it is bad")):
            if not panel.text(key).strip():
                yield Problem("panel-title-description-rule", panel, f"has no {key}: {purpose}")
    for panel in dashboard.panels:
        if panel.text("type") == TEXT and not panel.part("options").text("content").strip():
            yield Problem("panel-title-description-rule", panel, "is an empty note: write options.content")


def title_width_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """A title is not cut off on a page 1280 pixels wide."""
    for panel in dashboard.panels:
        area = Area.of(panel)
        title = panel.text("title")
        if area and panel.text("type") != ROW and len(title) > longest_title(area.w):
            yield Problem(
                "title-width-rule",
                panel,
                f"has a title of {len(title)} characters; {longest_title(area.w)} fit into {area.w} columns at "
                f"{_PAGE_PIXELS} pixels: shorten it or widen the panel",
            )


def longest_title(columns: int) -> int:
    """Return how many characters of a title fit into a panel of ``columns`` columns."""
    page = _PAGE_PIXELS - 2 * _PAGE_PADDING
    column = (page - (COLUMNS - 1) * _GAP) / COLUMNS
    return int((columns * column + (columns - 1) * _GAP - _BESIDE_TITLE) / _LETTER)


def panel_units_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel has a unit that Grafana knows, and so has each override of one."""
    for panel in dashboard.data_panels:
        for unit in _units(panel):
            if not unit:
                yield Problem("panel-units-rule", panel, "has no unit: set fieldConfig.defaults.unit, for example 's'")
            elif unit not in UNITS:
                yield Problem(
                    "panel-units-rule", panel, f"has the unit '{unit}', which is none of Grafana's in use here"
                )


def no_value_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel says in words that there is no data."""
    for panel in dashboard.data_panels:
        if not panel.part("fieldConfig").part("defaults").text("noValue"):
            yield Problem("no-value-rule", panel, "says nothing without data: set fieldConfig.defaults.noValue")


def panel_no_targets_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel has queries, few of them, each with a letter of its own."""
    for panel in dashboard.data_panels:
        targets = panel.parts("targets")
        most = MOST_QUERIES_OF_A_TABLE if panel.text("type") == "table" else MOST_QUERIES
        if not targets:
            yield Problem("panel-no-targets-rule", panel, "has no query: add a target")
        if len(targets) > most:
            yield Problem(
                "panel-no-targets-rule", panel, f"has {len(targets)} queries, more than {most}: split or record them"
            )
        letters = Counter(target.text("refId") for target in targets)
        if letters[""] or any(count > 1 for count in letters.values()):
            yield Problem("panel-no-targets-rule", panel, "has queries without a refId of their own: A, B, C, ...")


def _units(panel: Node) -> Iterator[str]:
    config = panel.part("fieldConfig")
    yield config.part("defaults").text("unit")
    for override in config.parts("overrides"):
        for override_property in override.parts("properties"):
            if override_property.text("id") == "unit":
                yield override_property.text("value")


RULES: tuple[Rule, ...] = (
    panel_datasource_rule,
    panel_title_description_rule,
    title_width_rule,
    panel_units_rule,
    no_value_rule,
    panel_no_targets_rule,
)
