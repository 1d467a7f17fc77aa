"""Charts of Lens with one layer: bars over time, and tables of what there is most of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payment_logging.kibana.saved_object import Kind, Reference, SavedObject, kql

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAYER = "lines"
_TIME, _GROUP, _FIGURE = "time", "group", "figure"
_MOST_GROUPS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """What is computed of the lines of a group; without ``field`` they are counted."""

    label: str
    field: str = ""
    percentile: int = 95

    @property
    def column(self) -> dict[str, Any]:
        """The figure as a column of a layer."""
        common = {"label": self.label, "customLabel": True, "dataType": "number", "isBucketed": False, "scale": "ratio"}
        if not self.field:
            return {**common, "operationType": "count", "sourceField": "___records___", "params": {"emptyAsNull": True}}
        parameters = {"percentile": self.percentile}
        return {**common, "operationType": "percentile", "sourceField": self.field, "params": parameters}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the lines that match ``query``, for each value of ``group`` (a keyword), the largest first."""

    id: str
    title: str
    query: str
    group: str
    heading: str
    figures: tuple[Figure, ...] = (Figure("Lines"),)


def bars_over_time(chart: Chart, data_view: str) -> SavedObject:
    """Return stacked bars, a colour for each group, with the first figure."""
    columns = {_TIME: _time(), _GROUP: _group(chart), _FIGURE: chart.figures[0].column}
    layer = {
        "layerId": _LAYER,
        "layerType": "data",
        "seriesType": "bar_stacked",
        "accessors": [_FIGURE],
        "xAccessor": _TIME,
        "splitAccessor": _GROUP,
    }
    visualization = {
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "preferredSeriesType": "bar_stacked",
        "layers": [layer],
    }
    return _lens(chart, "lnsXY", visualization, columns, data_view)


def table(chart: Chart, data_view: str) -> SavedObject:
    """Return a table with a row for each group and a column for each figure."""
    figures = {
        _FIGURE if number == 0 else f"{_FIGURE}{number}": each.column for number, each in enumerate(chart.figures)
    }
    columns = {_GROUP: _group(chart), **figures}
    visualization = {"layerId": _LAYER, "layerType": "data", "columns": [{"columnId": column} for column in columns]}
    return _lens(chart, "lnsDatatable", visualization, columns, data_view)


def _time() -> dict[str, Any]:
    return {
        "label": "@timestamp",
        "dataType": "date",
        "operationType": "date_histogram",
        "sourceField": "@timestamp",
        "isBucketed": True,
        "scale": "interval",
        "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
    }


def _group(chart: Chart) -> dict[str, Any]:
    return {
        "label": chart.heading,
        "customLabel": True,
        "dataType": "string",
        "operationType": "terms",
        "sourceField": chart.group,
        "isBucketed": True,
        "scale": "ordinal",
        "params": {
            "size": _MOST_GROUPS,
            "orderBy": {"type": "column", "columnId": _FIGURE},
            "orderDirection": "desc",
            "otherBucket": True,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
        },
    }


def _lens(
    chart: Chart, kind: str, visualization: Mapping[str, Any], columns: Mapping[str, Any], data_view: str
) -> SavedObject:
    layer = {"columns": dict(columns), "columnOrder": list(columns), "incompleteColumns": {}}
    attributes = {
        "title": chart.title,
        "description": "",
        "visualizationType": kind,
        "state": {
            "visualization": dict(visualization),
            "query": kql(chart.query),
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {_LAYER: layer}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }
    reference = Reference(f"indexpattern-datasource-layer-{_LAYER}", Kind.DATA_VIEW, data_view)
    return SavedObject(Kind.CHART, chart.id, attributes, (reference,))
