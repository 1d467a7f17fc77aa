"""What the preview reads of Grafana's dashboard JSON, typed: a dashboard, its panels, variables and annotations."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from payment_bundle.preview.field_config import DataLink, FieldConfig
from payment_bundle.preview.part import Part


class GridPos(Part):
    """Place on the grid of 24 columns, whose cells are 30 pixels high."""

    x: int = Field(default=0, ge=0, lt=24)
    y: int = Field(default=0, ge=0)
    w: int = Field(default=12, ge=1, le=24)
    h: int = Field(default=8, ge=1)


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
    options: dict[str, Any] = Field(default_factory=dict)
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
    current: dict[str, Any] = Field(default_factory=dict)

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
