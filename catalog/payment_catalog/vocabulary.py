"""The closed sets of label values, shared by who publishes them and who queries them."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethod(StrEnum):
    """How a customer pays, as the gateway's channels have it."""

    CARD = "card"
    FPX = "fpx"
    GRABPAY = "grabpay"
    BOOST = "boost"
    TNG = "tng"


class PaymentStatus(StrEnum):
    """State of a payment in the database."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundStatus(StrEnum):
    """State of a refund in the database."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class FailureReason(StrEnum):
    """Why a payment failed."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    GATEWAY_ERROR = "gateway_error"
    GATEWAY_TIMEOUT = "gateway_timeout"
    CIRCUIT_OPEN = "circuit_open"


class Currency(StrEnum):
    """ISO 4217 codes that the service accepts."""

    MYR = "MYR"
    SGD = "SGD"
    THB = "THB"
    IDR = "IDR"
    USD = "USD"
    JPY = "JPY"

    @property
    def minor_units(self) -> int:
        """Minor units in one unit of the currency (ISO 4217: the yen has none)."""
        return 1 if self is Currency.JPY else 100


class SecurityEvent(StrEnum):
    """What the service reports as a security event."""

    FAILED_AUTH = "failed_auth"
    FORBIDDEN = "forbidden"
    PATH_SCAN = "path_scan"
    RATE_LIMITED = "rate_limited"


class RateLimitOutcome(StrEnum):
    """What the rate limiter decided."""

    ALLOWED = "allowed"
    REJECTED = "rejected"


class GatewayOperation(StrEnum):
    """A request to the gateway."""

    CHARGE = "charge"
    REFUND = "refund"


class GatewayOutcome(StrEnum):
    """How a request to the gateway ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    ERROR = "error"
    TIMEOUT = "timeout"
    CIRCUIT_OPEN = "circuit_open"


class BreakerState(StrEnum):
    """State of the circuit breaker before the gateway."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"

    @property
    def value_on_metrics(self) -> int:
        """The figure that ``fiuu_circuit_breaker_state`` shows."""
        return (BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN).index(self)


class ConnectionState(StrEnum):
    """State of a pooled connection."""

    IN_USE = "in_use"
    IDLE = "idle"


class CpuMode(StrEnum):
    """What the processors spent their time on."""

    USER = "user"
    SYSTEM = "system"
    IOWAIT = "iowait"
    IDLE = "idle"
    OTHER = "other"


class NetworkDirection(StrEnum):
    """Direction of traffic as the host sees it."""

    RECEIVE = "receive"
    TRANSMIT = "transmit"


class ExporterCollector(StrEnum):
    """The exporter's collectors, as its flags name them."""

    BUSINESS = "business"
    DATABASE = "database"
    HOST = "host"
    BACKUP = "backup"


def values(kind: type[StrEnum]) -> tuple[str, ...]:
    """Return every value of an enumeration, in order of declaration."""
    return tuple(member.value for member in kind)
