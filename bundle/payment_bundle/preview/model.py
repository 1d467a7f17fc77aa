"""What the preview reads of Grafana's dashboard JSON, typed; names and defaults are Grafana's."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel


class Part(BaseModel):
    """A part of the document: ``null`` means that it was left out, and what is not read here is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class GridPos(Part):
    """Place on the grid of 24 columns, whose cells are 30 pixels high."""

    x: int = Field(default=0, ge=0, lt=24)
    y: int = Field(default=0, ge=0)
    w: int = Field(default=12, ge=1, le=24)
    h: int = Field(default=8, ge=1)


class Step(Part):
    """A threshold: its colour holds from ``value`` on; the first one has no value."""

    color: str = "green"
    value: float | None = None


class Thresholds(Part):
    """Steps, ascending."""

    mode: Literal["absolute", "percentage"] = "absolute"
    steps: tuple[Step, ...] = ()


class Meaning(Part):
    """What a mapping shows instead of a value; an empty text leaves the value."""

    text: str = ""
    color: str = ""


class ValueMapping(Part):
    """Meanings of single values, written as texts."""

    type: Literal["value"]
    options: dict[str, Meaning]


class RangeOptions(Part):
    """From, to (both included) and what that means."""

    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    result: Meaning = Meaning()


class RangeMapping(Part):
    """Meaning of a range."""

    type: Literal["range"]
    options: RangeOptions


class SpecialOptions(Part):
    """A special value, and what it means."""

    match: Literal["null", "nan", "null+nan", "empty", "true", "false"]
    result: Meaning = Meaning()


class SpecialMapping(Part):
    """Meaning of no value."""

    type: Literal["special"]
    options: SpecialOptions


Mapping = ValueMapping | RangeMapping | SpecialMapping


class Color(Part):
    """How a field gets its colour."""

    mode: str = "thresholds"
    fixed_color: str = ""


class DataLink(Part):
    """A link that a field or a panel offers; its address has variables."""

    title: str = ""
    url: str = ""
    target_blank: bool = False


class Stacking(Part):
    """Whether series stand on each other."""

    mode: Literal["none", "normal", "percent"] = "none"
    group: str = "A"


class ThresholdsStyle(Part):
    """How thresholds show on a chart."""

    mode: str = "off"


class LineStyle(Part):
    """Solid, or of dashes."""

    fill: Literal["solid", "dash", "dot", "square"] = "solid"


class Scale(Part):
    """Linear or logarithmic."""

    type: Literal["linear", "log", "symlog"] = "linear"


class HideFrom(Part):
    """Where a series is not shown."""

    viz: bool = False
    legend: bool = False
    tooltip: bool = False


class CellOptions(Part):
    """How a table's cell shows its value."""

    type: str = "auto"
    mode: str = "gradient"


class Custom(Part):
    """Options of a field that belong to one type of panel."""

    draw_style: Literal["line", "bars", "points"] = "line"
    line_width: float = 1
    fill_opacity: float = 0
    line_interpolation: Literal["linear", "smooth", "stepBefore", "stepAfter"] = "linear"
    line_style: LineStyle = LineStyle()
    show_points: str = "auto"
    span_nulls: bool | float = False
    stacking: Stacking = Stacking()
    thresholds_style: ThresholdsStyle = ThresholdsStyle()
    scale_distribution: Scale = Scale()
    axis_label: str = ""
    axis_placement: str = "auto"
    axis_soft_min: float | None = None
    axis_soft_max: float | None = None
    transform: str = ""
    hide_from: HideFrom = HideFrom()
    width: int | None = None
    align: str = "auto"
    display_mode: str = ""
    cell_options: CellOptions | None = None
    hidden: bool = False

    @property
    def cell(self) -> CellOptions:
        """How a cell shows, whether written as Grafana 9.4 and later do or as before."""
        if self.cell_options:
            return self.cell_options
        return CellOptions(type=self.display_mode or "auto")


class FieldOptions(Part):
    """How the values of one field show."""

    display_name: str = ""
    unit: str = ""
    decimals: int | None = None
    min: float | None = None
    max: float | None = None
    no_value: str = ""
    thresholds: Thresholds = Thresholds()
    mappings: tuple[Mapping, ...] = ()
    color: Color | None = None
    links: tuple[DataLink, ...] = ()
    custom: Custom = Custom()


class Matcher(Part):
    """Which fields an override is for."""

    id: str
    options: Any = None


class Property(Part):
    """One option that an override sets; ``id`` is a path such as ``custom.width``."""

    id: str
    value: Any = None


class Override(Part):
    """Options of the fields that match."""

    matcher: Matcher
    properties: tuple[Property, ...] = ()


class FieldConfig(Part):
    """Options of all fields of a panel, and of some."""

    defaults: FieldOptions = FieldOptions()
    overrides: tuple[Override, ...] = ()


class Target(Part):
    """A query."""

    expr: str = ""
    ref_id: str = "A"
    legend_format: str = ""
    instant: bool = False
    range: bool = False
    exemplar: bool = False
    format: Literal["time_series", "table", "heatmap"] = "time_series"
    interval: str = ""
    hide: bool = False

    @property
    def is_instant(self) -> bool:
        """Whether it is asked at the end of the range only."""
        return self.instant and not self.range


class Legend(Part):
    """The legend of a chart."""

    display_mode: str = "list"
    placement: str = "bottom"
    show_legend: bool = True
    calcs: tuple[str, ...] = ()
    sort_by: str = ""
    sort_desc: bool = False


class ReduceOptions(Part):
    """How a series becomes one value."""

    calcs: tuple[str, ...] = ("lastNotNull",)
    values: bool = False
    fields: str = ""


class SortBy(Part):
    """Order of a table, as its options have it."""

    display_name: str
    desc: bool = False


class HeatmapColor(Part):
    """Colours of a heatmap."""

    scheme: str = "Oranges"
    reverse: bool = False


class HeatmapAxis(Part):
    """The axis of a heatmap's buckets."""

    unit: str = ""
    decimals: int | None = None
    axis_label: str = ""


class Options(Part):
    """Options of a panel, of every type."""

    legend: Legend = Legend()
    reduce_options: ReduceOptions = ReduceOptions()
    text_mode: str = "auto"
    color_mode: str = "value"
    graph_mode: str = "area"
    orientation: str = "auto"
    display_mode: str = "gradient"
    show_header: bool = True
    sort_by: tuple[SortBy, ...] = ()
    mode: str = "markdown"
    content: str = ""
    show_value: str = "auto"
    color: HeatmapColor = HeatmapColor()
    y_axis: HeatmapAxis = HeatmapAxis()


class Transformation(Part):
    """A change of the data before they show."""

    id: str
    options: dict[str, Any] = {}
    disabled: bool = False


class Panel(Part):
    """A panel, or a row's heading."""

    id: int
    type: Literal["row", "text", "timeseries", "stat", "bargauge", "table", "state-timeline", "heatmap"]
    title: str = ""
    description: str = ""
    grid_pos: GridPos = GridPos()
    field_config: FieldConfig = FieldConfig()
    options: Options = Options()
    targets: tuple[Target, ...] = ()
    transformations: tuple[Transformation, ...] = ()
    links: tuple[DataLink, ...] = ()
    interval: str = ""
    max_data_points: int | None = None
    transparent: bool = False


class Variable(Part):
    """What the reader of a dashboard can choose."""

    name: str = Field(pattern=r"^\w+$")
    type: str
    label: str = ""
    query: str | dict[str, Any] = ""
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    hide: int = 0
    regex: str = ""
    current: dict[str, Any] = {}
    options: tuple[dict[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.name

    @property
    def expression(self) -> str:
        """Its query as text: Grafana writes an object since version 9."""
        return str(self.query.get("query", "")) if isinstance(self.query, dict) else self.query


class Templating(Part):
    """The variables, in order."""

    list: tuple[Variable, ...] = ()


class Annotation(Part):
    """A query for what happened; ``built_in`` marks Grafana's own, which has no query."""

    name: str = ""
    enable: bool = True
    hide: bool = False
    icon_color: str = "blue"
    expr: str = ""
    step: str = ""
    title_format: str = ""
    text_format: str = ""
    tag_keys: str = ""
    use_value_for_time: bool = False
    built_in: int = 0


class Annotations(Part):
    """The annotations of a dashboard."""

    list: tuple[Annotation, ...] = ()


class DashboardLink(Part):
    """A link on top of a dashboard: to an address, or to every dashboard with ``tags``."""

    type: Literal["link", "dashboards"] = "link"
    title: str = ""
    url: str = ""
    tooltip: str = ""
    tags: tuple[str, ...] = ()
    as_dropdown: bool = False
    include_vars: bool = False
    keep_time: bool = False
    target_blank: bool = False


class TimeSpan(Part):
    """The range that a dashboard opens with."""

    from_: str = Field(default="now-6h", alias="from")
    to: str = "now"


class Dashboard(Part):
    """A dashboard in Grafana's classic form."""

    uid: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    refresh: str | bool = ""
    time: TimeSpan = TimeSpan()
    templating: Templating = Templating()
    annotations: Annotations = Annotations()
    links: tuple[DashboardLink, ...] = ()
    panels: tuple[Panel, ...] = ()

    @property
    def refresh_every(self) -> str:
        """How often it refreshes, such as ``30s``; empty for never."""
        return self.refresh if isinstance(self.refresh, str) else ""
