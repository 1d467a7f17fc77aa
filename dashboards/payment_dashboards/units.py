"""Units of the catalogue as Grafana names them."""

from __future__ import annotations

from payment_catalog.thresholds import Unit

GRAFANA_UNITS: dict[Unit, str] = {
    Unit.RATIO: "percentunit",
    Unit.PERCENT: "percent",
    Unit.SECONDS: "s",
    Unit.BYTES: "bytes",
    Unit.BYTES_PER_SECOND: "Bps",
    Unit.COUNT: "short",
    Unit.PER_SECOND: "reqps",
    Unit.EVENTS_PER_SECOND: "ops",
    Unit.TIMES: "none",
    Unit.MILLISECONDS_SINCE_EPOCH: "dateTimeFromNow",
    Unit.CURRENCY: "locale",
    Unit.STATE: "none",
}
