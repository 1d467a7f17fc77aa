"""One colour for one thing, on every dashboard; names and line styles say the same for who cannot tell colours apart.

The colours are names of Grafana's palette, which has a tone of each for its dark and its light theme.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.severities import Priority
from payment_catalog.vocabulary import (
    CallbackResult,
    CpuMode,
    Currency,
    DatabaseConnectionState,
    DatabaseTable,
    FailureReason,
    GatewayOutcome,
    LogPattern,
    PaymentMethod,
    PaymentStatus,
    RateLimitOutcome,
    ReconciliationResult,
    SecurityEvent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD, WARNING, CRITICAL = "green", "orange", "red"
NEUTRAL, UNKNOWN = "blue", "text"

#: For what is missing, whether that is well or not.
ABSENT = "#8e8e8e"

#: For a bound that is drawn as a series: grey and dashed.
BOUND = "#8e8e8e"

STATUSES: Mapping[str, str] = {
    PaymentStatus.SUCCEEDED: GOOD,
    PaymentStatus.FAILED: CRITICAL,
    PaymentStatus.CANCELLED: "yellow",
}
PRIORITIES: Mapping[str, str] = {
    Priority.P0: "dark-red",
    Priority.P1: CRITICAL,
    Priority.P2: WARNING,
    Priority.P3: NEUTRAL,
}
#: HTTP status codes by their first digit.
CODES: Mapping[str, str] = {"2xx": GOOD, "3xx": NEUTRAL, "4xx": "yellow", "5xx": CRITICAL}
#: Of refusals those that service and proxies send: what attackers get is purple and blue, what fails is red.
STATUS_CODES: Mapping[str, str] = {
    "400": "yellow",
    "401": "purple",
    "403": "dark-purple",
    "404": "light-yellow",
    "405": "super-light-yellow",
    "409": "light-orange",
    "413": "super-light-orange",
    "422": "dark-yellow",
    "429": NEUTRAL,
    "499": ABSENT,
    "500": CRITICAL,
    "502": "light-red",
    "503": "dark-red",
    "504": WARNING,
}
#: What is idle within a transaction holds its locks and does nothing.
CONNECTION_STATES: Mapping[str, str] = {
    DatabaseConnectionState.ACTIVE: NEUTRAL,
    DatabaseConnectionState.IDLE: GOOD,
    DatabaseConnectionState.IDLE_IN_TRANSACTION: WARNING,
    DatabaseConnectionState.IDLE_IN_TRANSACTION_ABORTED: CRITICAL,
    DatabaseConnectionState.OTHER: "purple",
}
TABLES: Mapping[str, str] = dict(zip(DatabaseTable, ("blue", "purple", "yellow", "green"), strict=True))
LOG_PATTERNS: Mapping[str, str] = {
    LogPattern.ERROR: CRITICAL,
    LogPattern.PAYMENT_FAILED: WARNING,
    LogPattern.RATE_LIMIT: "yellow",
    LogPattern.AUTH_FAILED: "purple",
}
METHODS: Mapping[str, str] = dict(
    zip(
        PaymentMethod,
        ("blue", "purple", "green", "yellow", "orange"),
        strict=False,
    )
)
CPU_MODES: Mapping[str, str] = {
    CpuMode.USER: NEUTRAL,
    CpuMode.SYSTEM: WARNING,
    CpuMode.IOWAIT: "purple",
    CpuMode.OTHER: "yellow",
}
#: The redder, the nearer to an intrusion.
SECURITY_EVENTS: Mapping[str, str] = {
    SecurityEvent.FAILED_AUTH: WARNING,
    SecurityEvent.SCOPE_DENIED: "yellow",
    SecurityEvent.FORBIDDEN: CRITICAL,
    SecurityEvent.ID_ENUMERATION: "light-red",
    SecurityEvent.PATH_SCAN: "purple",
    SecurityEvent.SIGNATURE_FAILURE: "dark-red",
    SecurityEvent.KEY_FROM_MANY_ADDRESSES: "dark-orange",
    SecurityEvent.CARD_DATA: "dark-purple",
    SecurityEvent.RATE_LIMITED: NEUTRAL,
}
CURRENCIES: Mapping[str, str] = dict(
    zip(
        Currency,
        ("blue", "purple", "green", "yellow", "orange", "super-light-red"),
        strict=True,
    )
)
#: What the bank refuses is no fault: yellow. The rest is the gateway's or ours.
FAILURE_REASONS: Mapping[str, str] = {
    FailureReason.DECLINED: "yellow",
    FailureReason.INSUFFICIENT_FUNDS: "light-yellow",
    FailureReason.GATEWAY_ERROR: CRITICAL,
    FailureReason.GATEWAY_TIMEOUT: WARNING,
    FailureReason.CIRCUIT_OPEN: "purple",
    FailureReason.INTERRUPTED: "dark-red",
}
GATEWAY_OUTCOMES: Mapping[str, str] = {
    GatewayOutcome.ACCEPTED: GOOD,
    GatewayOutcome.DECLINED: "yellow",
    GatewayOutcome.PENDING: NEUTRAL,
    GatewayOutcome.ERROR: CRITICAL,
    GatewayOutcome.TIMEOUT: WARNING,
    GatewayOutcome.BAD_SIGNATURE: "dark-red",
    GatewayOutcome.UNREACHABLE: "light-red",
    GatewayOutcome.CIRCUIT_OPEN: "purple",
}
CALLBACK_RESULTS: Mapping[str, str] = {
    CallbackResult.APPLIED: GOOD,
    CallbackResult.REPEATED: NEUTRAL,
    CallbackResult.BAD_SIGNATURE: "dark-red",
    CallbackResult.UNKNOWN_PAYMENT: WARNING,
    CallbackResult.MISMATCH: CRITICAL,
}
RECONCILIATION_RESULTS: Mapping[str, str] = {
    ReconciliationResult.SETTLED: GOOD,
    ReconciliationResult.UNKNOWN: "yellow",
    ReconciliationResult.UNAVAILABLE: WARNING,
    ReconciliationResult.MISMATCH: CRITICAL,
}
RATE_LIMIT_OUTCOMES: Mapping[str, str] = {
    RateLimitOutcome.ALLOWED: GOOD,
    RateLimitOutcome.REJECTED: "yellow",
    RateLimitOutcome.UNCHECKED_ALLOWED: WARNING,
    RateLimitOutcome.UNCHECKED_REJECTED: CRITICAL,
}
