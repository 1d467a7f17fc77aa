"""Words of today's Grafana: panels, transformations, units and what it replaces in texts."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Panels that Grafana 10 to 12 has on board.
PANEL_TYPES = _words(
    "alertlist annolist barchart bargauge candlestick canvas dashlist datagrid flamegraph gauge geomap heatmap "
    "histogram logs news nodeGraph piechart row stat state-timeline status-history table text timeseries traces "
    "trend xychart"
)

#: Panels that are gone, and what stands in their place.
REPLACED_PANELS = {
    "graph": "timeseries",
    "singlestat": "stat",
    "table-old": "table",
    "grafana-piechart-panel": "piechart",
    "grafana-singlestat-panel": "stat",
    "grafana-worldmap-panel": "geomap",
    "heatmap-new": "heatmap",
    "text2": "text",
    "natel-discrete-panel": "state-timeline",
}

TRANSFORMATIONS = _words(
    "calculateField concatenate configFromData convertFieldType extractFields fieldLookup filterByRefId filterByValue "
    "filterFieldsByName formatString groupBy groupToMatrix heatmap histogram joinByField joinByLabels labelsToFields "
    "limit merge organize partitionByValues prepareTimeSeries reduce regression renameByRegex rowsToFields "
    "seriesToRows sortBy spatial timeSeriesTable transpose"
)

#: Units that a panel may have: those of Grafana's that fit to what a service publishes.
UNITS = _words(
    "none string short locale sci percent percentunit bool bool_yes_no bool_on_off "
    "bytes decbytes bits decbits kbytes mbytes gbytes Bps bps binBps binbps pps "
    "ns µs ms s m h d dtdurationms dtdurations dthms dtdhms clockms clocks hertz "
    "cps ops reqps rps wps iops cpm opm rpm wpm mps mpm "
    "dateTimeAsIso dateTimeAsIsoNoDateIfToday dateTimeAsLocal dateTimeAsLocalNoDateIfToday dateTimeAsSystem "
    "dateTimeFromNow currencyUSD currencyEUR currencyGBP currencyIDR currencyINR currencyPHP currencyVND"
)

_EVERYWHERE = frozenset({"__from", "__to", "__dashboard", "__org", "__user", "__name"})
#: What Grafana replaces in a query.
QUERY_BUILT_INS = _EVERYWHERE | {
    "__interval",
    "__interval_ms",
    "__range",
    "__range_ms",
    "__range_s",
    "__rate_interval",
    "__rate_interval_ms",
}
#: What Grafana replaces in links, titles and descriptions.
LINK_BUILT_INS = _EVERYWHERE | {
    "__all_variables",
    "__data",
    "__field",
    "__series",
    "__timezone",
    "__url_time_range",
    "__value",
}
#: How a variable's values can be written: ``${name:format}``.
FORMATS = _words(
    "csv date distributed doublequote glob html json lucene percentencode pipe queryparam raw regex singlequote "
    "sqlstring text uriencode"
)
