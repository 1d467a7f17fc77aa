"""The runbook's limits: what each signal must stay above or below."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a number counts."""

    RATIO = "ratio"
    PERCENT = "percent"
    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"
    COUNT = "count"
    PER_SECOND = "per_second"
    EVENTS_PER_SECOND = "events_per_second"
    TIMES = "times"
    MILLISECONDS_SINCE_EPOCH = "milliseconds_since_epoch"
    CURRENCY = "currency"
    STATE = "state"


class Side(StrEnum):
    """On which side of a limit a value is bad."""

    ABOVE = "above"
    BELOW = "below"


class ThresholdKey(StrEnum):
    """The thresholds by the name that ``bundle.yaml`` uses."""

    PAYMENT_SUCCESS_RATIO = "payment_success_ratio"
    API_LATENCY_P95 = "api_latency_p95"
    ERROR_RATIO = "error_ratio"
    CIRCUIT_BREAKER_STATE = "circuit_breaker_state"
    REFUND_RATIO = "refund_ratio"
    PAYMENT_VOLUME = "payment_volume"
    REVENUE_VOLUME = "revenue_volume"
    CPU_USAGE = "cpu_usage"
    MEMORY_USAGE = "memory_usage"
    DISK_USAGE = "disk_usage"
    SLOW_STATEMENT = "slow_statement"
    LONG_QUERY = "long_query"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit with up to two levels. ``bad`` tells the side; ``source`` the runbook's own words.

    ``minimum`` and ``maximum`` bound what ``bundle.yaml`` may set, in ``unit``.
    """

    key: ThresholdKey
    title: str
    unit: Unit
    bad: Side
    warning: float | None
    critical: float | None
    minimum: float
    maximum: float
    source: str

    @property
    def comparator(self) -> str:
        """The PromQL operator that holds when the value is bad."""
        return ">" if self.bad is Side.ABOVE else "<"


THRESHOLDS: dict[ThresholdKey, Threshold] = {
    threshold.key: threshold
    for threshold in (
        Threshold(
            ThresholdKey.PAYMENT_SUCCESS_RATIO,
            "Payment success rate",
            Unit.RATIO,
            Side.BELOW,
            None,
            0.95,
            0.01,
            0.9999,
            "Payment Success Rate: should be >95%",
        ),
        Threshold(
            ThresholdKey.API_LATENCY_P95,
            "API response time (p95)",
            Unit.SECONDS,
            Side.ABOVE,
            0.2,
            0.5,
            0.005,
            5,
            "API Response Time: should be <200ms (p95); performance degradation: response time >500ms",
        ),
        Threshold(
            ThresholdKey.ERROR_RATIO,
            "Error rate",
            Unit.RATIO,
            Side.ABOVE,
            0.01,
            0.05,
            0.0001,
            0.99,
            "Error Rate: should be <1%; high error rate: >5%",
        ),
        Threshold(
            ThresholdKey.CIRCUIT_BREAKER_STATE,
            "Circuit breaker state",
            Unit.STATE,
            Side.ABOVE,
            None,
            0,
            0,
            1,
            "Circuit Breaker State: should be CLOSED (0)",
        ),
        Threshold(
            ThresholdKey.REFUND_RATIO,
            "Refund rate",
            Unit.RATIO,
            Side.ABOVE,
            0.05,
            None,
            0.001,
            0.99,
            "Refund Rate: should be <5%",
        ),
        # The runbook has these two watched without a limit: at 30 % chance and a quiet day are ruled out.
        Threshold(
            ThresholdKey.PAYMENT_VOLUME,
            "Payments compared with the same time of the weeks before",
            Unit.RATIO,
            Side.BELOW,
            None,
            0.3,
            0.01,
            0.95,
            "Revenue per Hour: track transaction volume",
        ),
        Threshold(
            ThresholdKey.REVENUE_VOLUME,
            "Revenue compared with the same time of the weeks before",
            Unit.RATIO,
            Side.BELOW,
            0.3,
            None,
            0.01,
            0.95,
            "Revenue per Hour: track transaction volume",
        ),
        Threshold(
            ThresholdKey.CPU_USAGE,
            "CPU usage",
            Unit.RATIO,
            Side.ABOVE,
            0.7,
            None,
            0.01,
            0.99,
            "CPU Usage: should be <70%",
        ),
        Threshold(
            ThresholdKey.MEMORY_USAGE,
            "Memory usage",
            Unit.RATIO,
            Side.ABOVE,
            0.8,
            None,
            0.01,
            0.99,
            "Memory Usage: should be <80%",
        ),
        Threshold(
            ThresholdKey.DISK_USAGE,
            "Disk usage",
            Unit.RATIO,
            Side.ABOVE,
            0.85,
            None,
            0.01,
            0.99,
            "Disk Usage: should be <85%",
        ),
        Threshold(
            ThresholdKey.SLOW_STATEMENT,
            "Slowest statement (mean)",
            Unit.SECONDS,
            Side.ABOVE,
            1,
            None,
            0.001,
            3600,
            "Query optimization: queries taking more than 1 second (mean_time > 1000)",
        ),
        Threshold(
            ThresholdKey.LONG_QUERY,
            "Longest running query",
            Unit.SECONDS,
            Side.ABOVE,
            60,
            None,
            1,
            86400,
            "Database query performance: query_start < now() - interval '1 minute'",
        ),
    )
}
