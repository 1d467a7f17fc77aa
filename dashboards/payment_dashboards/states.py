"""Words and colours of states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.vocabulary import BreakerState
from payment_dashboards.colours import CRITICAL, GOOD, WARNING
from payment_dashboards.panels.stat import State

if TYPE_CHECKING:
    from collections.abc import Mapping

UP: Mapping[float, State] = {1: State(word="up", colour=GOOD), 0: State(word="down", colour=CRITICAL)}
READY: Mapping[float, State] = {1: State(word="ready", colour=GOOD), 0: State(word="not ready", colour=CRITICAL)}
SUCCEEDED: Mapping[float, State] = {1: State(word="succeeded", colour=GOOD), 0: State(word="failed", colour=CRITICAL)}
BREAKER_STATES: Mapping[float, State] = {
    BreakerState.CLOSED.value_on_metrics: State(word="closed", colour=GOOD),
    BreakerState.OPEN.value_on_metrics: State(word="open", colour=CRITICAL),
    BreakerState.HALF_OPEN.value_on_metrics: State(word="half-open", colour=WARNING),
}
#: Of what is only said where it is so.
CRASH_LOOP: Mapping[float, State] = {1: State(word="crashes again and again", colour=CRITICAL)}
OUT_OF_MEMORY: Mapping[float, State] = {1: State(word="ran out of memory", colour=WARNING)}
ROLL_OUT: Mapping[float, State] = {0: State(word="moves on", colour=GOOD), 1: State(word="stuck", colour=CRITICAL)}
