"""How the fields of a panel show: Grafana's ``fieldConfig``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from payment_bundle.preview.part import Part


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
