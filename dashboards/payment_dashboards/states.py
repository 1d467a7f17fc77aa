"""Words and colours of states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.vocabulary import BreakerState, ClusterStatus
from payment_dashboards.colours import CRITICAL, GOOD, WARNING
from payment_dashboards.panels.stat import State

if TYPE_CHECKING:
    from collections.abc import Mapping

UP: Mapping[float, State] = {1: State(word="up", colour=GOOD), 0: State(word="down", colour=CRITICAL)}
ANSWERS: Mapping[float, State] = {1: State(word="answers", colour=GOOD), 0: State(word="fails", colour=CRITICAL)}
READY: Mapping[float, State] = {1: State(word="ready", colour=GOOD), 0: State(word="not ready", colour=CRITICAL)}
SUCCEEDED: Mapping[float, State] = {1: State(word="succeeded", colour=GOOD), 0: State(word="failed", colour=CRITICAL)}
PASSED: Mapping[float, State] = {1: State(word="passed", colour=GOOD), 0: State(word="failed", colour=CRITICAL)}
BREAKER_STATES: Mapping[float, State] = {
    BreakerState.CLOSED.value_on_metrics: State(word="closed", colour=GOOD),
    BreakerState.OPEN.value_on_metrics: State(word="open", colour=CRITICAL),
    BreakerState.HALF_OPEN.value_on_metrics: State(word="half-open", colour=WARNING),
}
#: Health of an Elasticsearch cluster by its place in the enumeration: from good to bad.
CLUSTER_STATES: Mapping[float, State] = {
    index: State(word=status, colour=colour)
    for index, (status, colour) in enumerate(zip(ClusterStatus, (GOOD, WARNING, CRITICAL), strict=True))
}
#: Of what should not happen, and of what should be there.
NONE_IS_GOOD: Mapping[float, State] = {0: State(word="none", colour=GOOD)}
NEEDS_VACUUM: Mapping[float, State] = {0: State(word="no", colour=GOOD), 1: State(word="yes", colour=WARNING)}
NONE_IS_BAD: Mapping[float, State] = {0: State(word="none", colour=CRITICAL)}
#: Of what is only said where it is so.
CRASH_LOOP: Mapping[float, State] = {1: State(word="crashes again and again", colour=CRITICAL)}
OUT_OF_MEMORY: Mapping[float, State] = {1: State(word="ran out of memory", colour=WARNING)}
ROLL_OUT: Mapping[float, State] = {0: State(word="moves on", colour=GOOD), 1: State(word="stuck", colour=CRITICAL)}
