"""Words and colours of states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.vocabulary import BreakerState
from payment_dashboards.colours import CRITICAL, GOOD, WARNING
from payment_dashboards.panels.stat import State

if TYPE_CHECKING:
    from collections.abc import Mapping

UP: Mapping[float, State] = {1: State(word="up", colour=GOOD), 0: State(word="down", colour=CRITICAL)}
ANSWERS: Mapping[float, State] = {1: State(word="answers", colour=GOOD), 0: State(word="fails", colour=CRITICAL)}
READY: Mapping[float, State] = {1: State(word="ready", colour=GOOD), 0: State(word="not ready", colour=CRITICAL)}
SUCCEEDED: Mapping[float, State] = {1: State(word="succeeded", colour=GOOD), 0: State(word="failed", colour=CRITICAL)}
BREAKER_STATES: Mapping[float, State] = {
    BreakerState.CLOSED.value_on_metrics: State(word="closed", colour=GOOD),
    BreakerState.OPEN.value_on_metrics: State(word="open", colour=CRITICAL),
    BreakerState.HALF_OPEN.value_on_metrics: State(word="half-open", colour=WARNING),
}
