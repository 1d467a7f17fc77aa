"""One panel for each signal of the catalogue."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from grafanalib.core import GridPos, Panel, Stat, Target, TimeSeries

from payment_catalog.thresholds import Side, Threshold, Unit
from payment_catalog.vocabulary import BreakerState
from payment_dashboards.narrowing import narrow
from payment_dashboards.units import GRAFANA_UNITS

if TYPE_CHECKING:
    from payment_catalog.signals import Signal

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: Labels by which a reader narrows the dashboard, and the variables that hold the choice.
CHOSEN = {"environment": "$environment", "namespace": "$namespace"}

GOOD, WARNING, CRITICAL = "green", "orange", "red"
_NO_VALUE = "no data"
_STATE_COLOURS = {BreakerState.CLOSED: GOOD, BreakerState.OPEN: CRITICAL, BreakerState.HALF_OPEN: WARNING}


def signal_panel(signal: Signal, identifier: int, position: GridPos) -> Panel:
    """Return the panel of ``signal``: a state as words, everything else over time."""
    shared = {
        "id": identifier,
        "title": signal.title,
        "description": _description(signal),
        "dataSource": DATASOURCE,
        "targets": _targets(signal),
        "gridPos": position,
        "editable": False,
        "maxDataPoints": None,
    }
    return _state(shared) if signal.unit is Unit.STATE else _over_time(signal, shared)


def _state(shared: dict[str, Any]) -> Panel:
    return Stat(
        **shared,
        colorMode="background",
        graphMode="none",
        reduceCalc="lastNotNull",
        noValue=_NO_VALUE,
        format=GRAFANA_UNITS[Unit.STATE],
        thresholds=[{"color": GOOD, "value": None}],
        mappings=[
            {
                "type": "value",
                "options": {
                    str(state.value_on_metrics): {
                        "text": state.value.replace("_", "-"),
                        "color": colour,
                        "index": index,
                    }
                    for index, (state, colour) in enumerate(_STATE_COLOURS.items())
                },
            }
        ],
    )


def _over_time(signal: Signal, shared: dict[str, Any]) -> Panel:
    return TimeSeries(
        **shared,
        unit=GRAFANA_UNITS[signal.unit],
        lineWidth=2,
        fillOpacity=10,
        showPoints="never",
        valueMin=0,
        legendDisplayMode="table",
        legendCalcs=["lastNotNull", "max"],
        tooltipMode="multi",
        thresholds=threshold_steps(signal.threshold),
        thresholdsStyleMode="dashed" if signal.threshold else "off",
        extraJson={"fieldConfig": {"defaults": {"noValue": _NO_VALUE}}},
    )


def threshold_steps(threshold: Threshold | None) -> list[dict[str, Any]]:
    """Return Grafana's steps, ascending: each colour holds from its value on, the first from below."""
    if threshold is None:
        return [{"color": GOOD, "value": None}]
    levels = [(threshold.warning, WARNING), (threshold.critical, CRITICAL)]
    limits = [(limit, colour) for limit, colour in levels if limit is not None]
    if threshold.bad is Side.ABOVE:
        return [{"color": GOOD, "value": None}, *({"color": colour, "value": limit} for limit, colour in limits)]
    colours = [colour for _, colour in reversed(limits)] + [GOOD]
    values = [None, *(limit for limit, _ in reversed(limits))]
    return [{"color": colour, "value": value} for colour, value in zip(colours, values, strict=True)]


def _targets(signal: Signal) -> list[Target]:
    return [
        Target(
            expr=narrow(query.expr, CHOSEN),
            legendFormat=query.legend,
            refId=letter,
            datasource=DATASOURCE,
            instant=False,
            intervalFactor=1,
            step=None,
        )
        for letter, query in zip(ascii_uppercase, signal.queries, strict=False)
    ]


def _description(signal: Signal) -> str:
    return f"{signal.description} {signal.threshold.source}." if signal.threshold else signal.description
