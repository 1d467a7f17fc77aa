"""Rule about the names of fields: each is one that today's Grafana reads at its place.

The names are those of the dashboard schema that Grafana publishes (grafana-foundation-sdk, Grafana 11.6), and of
the Prometheus data source for annotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from payment_dashboards.linting.model import ROW, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payment_dashboards.linting.model import Dashboard, Node, Rule, Surroundings


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of an object, and for those that Grafana gave up, what to do instead."""

    what: str
    known: frozenset[str]
    given_up: Mapping[str, str]

    @classmethod
    def of(cls, what: str, known: str, **given_up: str) -> Shape:
        """Return the shape with the space-separated names ``known``."""
        return cls(what, frozenset(known.split()), given_up)


_UNUSED = "remove it"
_ON_GRID = "say the place in gridPos"
_IN_FIELD_CONFIG = "say it in fieldConfig"

DASHBOARD = Shape.of(
    "a dashboard",
    "annotations description editable fiscalYearStartMonth gnetId graphTooltip id links liveNow panels preload refresh "
    "revision schemaVersion snapshot tags templating time timepicker timezone title uid version weekStart",
    rows="put the panels into 'panels', each with gridPos",
    sharedCrosshair="set graphTooltip to 1",
    hideControls=_UNUSED,
    style=_UNUSED,
    __inputs="provisioning cannot fill it: refer to ${datasource}",
    __requires=_UNUSED,
)
TIMEPICKER = Shape.of("the time picker", "hidden nowDelay quick_ranges refresh_intervals", time_options=_UNUSED)
ROW_PANEL = Shape.of("a row", "collapsed datasource gridPos id panels repeat title type")
PANEL = Shape.of(
    "a panel",
    "cacheTimeout datasource description fieldConfig gridPos hideTimeOverride id interval libraryPanel links "
    "maxDataPoints maxPerRow options pluginVersion queryCachingTTL repeat repeatDirection targets timeFrom timeShift "
    "title transformations transparent type",
    span=_ON_GRID,
    height=_ON_GRID,
    minSpan="set maxPerRow",
    editable=_UNUSED,
    error=_UNUSED,
    scopedVars=_UNUSED,
    repeatPanelId=_UNUSED,
    repeatIteration=_UNUSED,
    styles=_IN_FIELD_CONFIG,
    thresholds=_IN_FIELD_CONFIG,
    yaxes=_IN_FIELD_CONFIG,
    seriesOverrides=_IN_FIELD_CONFIG,
    aliasColors=_IN_FIELD_CONFIG,
    valueMaps=_IN_FIELD_CONFIG,
    format="set fieldConfig.defaults.unit",
    valueName="set options.reduceOptions.calcs",
    nullPointMode="set fieldConfig.defaults.custom.spanNulls",
    tooltip="set options.tooltip",
    alert="alerts are rules of Prometheus",
)
GRID_POS = Shape.of("gridPos", "h w x y static")
FIELD_CONFIG = Shape.of("fieldConfig", "defaults overrides")
DEFAULTS = Shape.of(
    "fieldConfig.defaults",
    "color custom decimals description displayName displayNameFromDS fieldMinMax filterable links mappings max min "
    "noValue path thresholds unit writeable",
    title="set displayName",
)
OVERRIDE = Shape.of("an override", "matcher properties")
TARGET = Shape.of(
    "a query",
    "datasource editorMode exemplar expr format hide instant interval intervalFactor legendFormat queryType range "
    "refId",
    query="PromQL stands in 'expr'",
    target=_UNUSED,
    metric=_UNUSED,
    step="set 'interval'",
)
VARIABLE = Shape.of(
    "a variable",
    "allValue allowCustomValue auto auto_count auto_min current datasource definition description hide includeAll "
    "label multi name options query refresh regex skipUrlSync sort type",
    tags=_UNUSED,
    tagsQuery=_UNUSED,
    tagValuesQuery=_UNUSED,
    useTags=_UNUSED,
    hideLabel="set hide to 1",
    hideVariable="set hide to 2",
)
ANNOTATION = Shape.of(
    "an annotation",
    "builtIn datasource enable expr filter hide iconColor name step tagKeys target textFormat titleFormat type "
    "useValueForTime",
    rawQuery=_UNUSED,
    showIn=_UNUSED,
)
DASHBOARD_LINK = Shape.of(
    "a link of the dashboard", "asDropdown icon includeVars keepTime placement tags targetBlank title tooltip type url"
)
DATA_LINK = Shape.of(
    "a link of a panel",
    "internal oneClick origin targetBlank title url type icon tooltip tags asDropdown includeVars keepTime",
    dashboard="write the address into url",
    dashUri="write the address into url",
    params="write the address into url",
)


def field_rule(dashboard: Dashboard, _: Surroundings) -> Iterator[Problem]:
    """Grafana reads every field; what it gave up or never knew is not there."""
    for node, shape in _shaped(dashboard):
        for name, value in node.content.items():
            if name in shape.given_up:
                yield Problem(
                    "field-rule", node, f"{shape.what} has no field '{name}' since long: {shape.given_up[name]}"
                )
            elif name not in shape.known:
                close = get_close_matches(name, shape.known, n=1)
                meant = f", did you mean '{close[0]}'?" if close else ": remove it"
                yield Problem("field-rule", node, f"{shape.what} has no field '{name}'{meant}")
            elif value is None:
                yield Problem("field-rule", node, f"{shape.what} has '{name}' without a value: leave the field out")


def _shaped(dashboard: Dashboard) -> Iterator[tuple[Node, Shape]]:
    yield dashboard.root, DASHBOARD
    yield dashboard.root.part("timepicker"), TIMEPICKER
    for link in dashboard.root.parts("links", "title"):
        yield link, DASHBOARD_LINK
    for variable in dashboard.variables:
        yield variable, VARIABLE
    for annotation in dashboard.annotations:
        yield annotation, ANNOTATION
    for panel in dashboard.panels:
        yield panel, ROW_PANEL if panel.text("type") == ROW else PANEL
        yield panel.part("gridPos"), GRID_POS
        for target in panel.parts("targets"):
            yield target, TARGET
        config = panel.part("fieldConfig")
        yield config, FIELD_CONFIG
        yield config.part("defaults"), DEFAULTS
        for override in config.parts("overrides"):
            yield override, OVERRIDE
        for link in (*panel.parts("links"), *config.part("defaults").parts("links")):
            yield link, DATA_LINK


RULES: tuple[Rule, ...] = (field_rule,)
