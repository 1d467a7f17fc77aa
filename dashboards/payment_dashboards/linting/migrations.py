"""Rules about forms that Grafana would rewrite when it loads a dashboard.

Grafana rewrites whatever has an older ``schemaVersion`` (``DashboardMigrator.ts``, and since version 12 also
``apps/dashboard/pkg/migration/schemaversion``): 37 gives each legend ``showLegend``, 38 makes a table's
``custom.displayMode`` into ``custom.cellOptions``, 39 the options of ``timeSeriesTable`` into one object a query,
40 makes ``refresh`` a text, 41 drops ``timepicker.time_options``, 42 hides from the tooltip what is hidden from the
graph, 43 makes ``formatTime`` into ``convertFieldType``. A dashboard in the forms of 43 that says 39 needs none of
them, and loads in Grafana 10 too. Older forms: data sources by name (33, 36), value mappings (30), panels (28).

Grafana 7.5 loads such a dashboard, but does not draw all of it:

- it knows data sources by name only, so that panels and variables which refer to ``{type, uid}`` show an error;
- it has no ``state-timeline``, and its ``heatmap`` reads other options;
- it ignores value mappings with ``type`` as a word, ``cellOptions``, ``thresholdsStyle`` and ``stacking``;
- it ignores ``showLegend`` and hides a legend by ``displayMode: hidden`` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from payment_dashboards.linting.model import Node, Problem
from payment_dashboards.linting.vocabulary import PANEL_TYPES, REPLACED_PANELS, TRANSFORMATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_dashboards.linting.model import Dashboard, Rule, Surroundings

OLDEST_SCHEMA, NEWEST_SCHEMA = 39, 42
_MAPPINGS = frozenset({"value", "range", "regex", "special"})


def schema_version_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """The version is one after which Grafana has nothing to rewrite, and that it knows."""
    version = dashboard.root.content.get("schemaVersion")
    if not isinstance(version, int) or not OLDEST_SCHEMA <= version <= NEWEST_SCHEMA:
        yield Problem(
            "schema-version-rule",
            dashboard.root,
            f"has schemaVersion {version}: make it {OLDEST_SCHEMA} (of Grafana 10) to {NEWEST_SCHEMA} (of Grafana 12)",
        )
    if not isinstance(dashboard.root.content.get("refresh", ""), str):
        yield Problem("schema-version-rule", dashboard.root, "has a refresh that is no text: for example '30s'")


def panel_type_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each panel is one that today's Grafana has."""
    for panel in dashboard.panels:
        kind = panel.text("type")
        if kind in REPLACED_PANELS:
            yield Problem("panel-type-rule", panel, f"is a '{kind}', which is gone: make it '{REPLACED_PANELS[kind]}'")
        elif kind not in PANEL_TYPES:
            yield Problem("panel-type-rule", panel, f"is a '{kind}', which Grafana has not on board")


def legend_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """A legend says whether it is shown."""
    for panel in dashboard.data_panels:
        if "legend" not in panel.part("options").content:
            continue
        legend = panel.part("options").part("legend")
        if not isinstance(legend.content.get("showLegend", legend.content.get("show")), bool):
            yield Problem("legend-rule", panel, "has a legend without showLegend: set it to true or false")
        if legend.text("displayMode") == "hidden":
            yield Problem("legend-rule", panel, "hides its legend by displayMode: set showLegend to false")


def field_config_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Cells, mappings, thresholds and hidden fields have today's form."""
    for panel in dashboard.data_panels:
        config = panel.part("fieldConfig")
        yield from _values(panel, config.part("defaults"))
        for override in config.parts("overrides"):
            for changed in override.parts("properties"):
                yield from _values(panel, _settings(changed))


def transformation_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Each transformation is one that today's Grafana has."""
    for panel in dashboard.data_panels:
        for transformation in panel.parts("transformations"):
            name = transformation.text("id")
            if name == "formatTime":
                yield Problem("transformation-rule", transformation, "formatTime is gone: make it convertFieldType")
            elif name not in TRANSFORMATIONS:
                yield Problem("transformation-rule", transformation, f"'{name}' is no transformation of Grafana's")
            elif "refIdToStat" in transformation.part("options").content:
                yield Problem(
                    "transformation-rule",
                    transformation,
                    f"{name} names the statistic below each query: {{A: {{stat: ...}}}}",
                )


def reference_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Variables and annotations refer to a data source by type and uid; variables keep no values."""
    for node in (*dashboard.query_variables, *dashboard.annotations):
        reference = node.part("datasource")
        if not (reference.text("type") and reference.text("uid")):
            yield Problem("reference-rule", node, "has a data source by name or none: make it {type, uid}")
    for variable in dashboard.query_variables:
        if variable.content.get("options"):
            yield Problem("reference-rule", variable, "holds values of the past: empty 'options'")
        current = variable.part("current").content.get("value")
        if variable.content.get("multi") is True and isinstance(current, str):
            yield Problem("reference-rule", variable, "can have several values: current.value must be a list")


def _settings(changed: Node) -> Node:
    """Return what the property of an override sets, in the form of ``defaults``: its id is a path."""
    value = changed.content.get("value")
    for key in reversed(changed.text("id").split(".")):
        value = {key: value}
    return Node(value if isinstance(value, Mapping) else {}, changed.path, changed.name)


def _values(panel: Node, settings: Node) -> Iterator[Problem]:
    """Check what both ``defaults`` and an override may set."""
    custom = settings.part("custom")
    if "displayMode" in custom.content and panel.text("type") == "table":
        yield Problem("field-config-rule", panel, "sets custom.displayMode: make it custom.cellOptions {type: ...}")
    hidden = custom.part("hideFrom").content
    if hidden.get("viz") and not hidden.get("tooltip"):
        yield Problem("field-config-rule", panel, "hides a field from the graph only: set custom.hideFrom.tooltip too")
    for mapping in settings.parts("mappings"):
        if mapping.text("type") not in _MAPPINGS or not isinstance(mapping.content.get("options"), Mapping):
            yield Problem(
                "field-config-rule", panel, "has a mapping of the old form: make it {type: value, options: {...}}"
            )
    if "thresholds" in settings.content and not _ascending(settings.part("thresholds").parts("steps")):
        yield Problem("field-config-rule", panel, "has threshold steps that do not ascend from one without a value")


def _ascending(steps: tuple[Node, ...]) -> bool:
    values = [step.content.get("value") for step in steps]
    limits = [value for value in values if isinstance(value, int | float)]
    return values[:1] == [None] and limits == values[1:] and all(left < right for left, right in pairwise(limits))


RULES: tuple[Rule, ...] = (
    schema_version_rule,
    panel_type_rule,
    legend_rule,
    field_config_rule,
    transformation_rule,
    reference_rule,
)
