"""Limits of which both levels are on, so that every level of every threshold makes its alert."""

from __future__ import annotations

from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import THRESHOLDS, Side, ThresholdKey

#: The circuit breaker's, which has no level between, is left as it is.
EVERY_LEVEL = {
    key: Levels(
        warning=threshold.maximum * 0.5 if threshold.bad is Side.ABOVE else 0.9,
        critical=threshold.maximum * 0.9 if threshold.bad is Side.ABOVE else 0.5,
    )
    for key, threshold in THRESHOLDS.items()
    if key is not ThresholdKey.CIRCUIT_BREAKER_STATE
}
