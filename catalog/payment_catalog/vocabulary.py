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
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


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
    INTERRUPTED = "interrupted"


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
    SCOPE_DENIED = "scope_denied"
    FORBIDDEN = "forbidden"
    ID_ENUMERATION = "id_enumeration"
    PATH_SCAN = "path_scan"
    SIGNATURE_FAILURE = "signature_failure"
    KEY_FROM_MANY_ADDRESSES = "key_from_many_addresses"
    CARD_DATA = "card_data"
    RATE_LIMITED = "rate_limited"


class RateLimitOutcome(StrEnum):
    """What the rate limiter decided. Unchecked: its storage did not answer."""

    ALLOWED = "allowed"
    REJECTED = "rejected"
    UNCHECKED_ALLOWED = "unchecked_allowed"
    UNCHECKED_REJECTED = "unchecked_rejected"


class GatewayOperation(StrEnum):
    """A request to the gateway."""

    CHARGE = "charge"
    CAPTURE = "capture"
    CANCEL = "cancel"
    REFUND = "refund"
    QUERY = "query"


class GatewayOutcome(StrEnum):
    """How a request to the gateway ended.

    After ``error``, ``timeout`` and ``bad_signature`` it is not known whether money moved; after
    ``unreachable`` and ``circuit_open`` it is known that none did, because nothing was sent.
    """

    ACCEPTED = "accepted"
    DECLINED = "declined"
    PENDING = "pending"
    ERROR = "error"
    TIMEOUT = "timeout"
    BAD_SIGNATURE = "bad_signature"
    UNREACHABLE = "unreachable"
    CIRCUIT_OPEN = "circuit_open"


class CallbackResult(StrEnum):
    """What became of a callback from the gateway."""

    APPLIED = "applied"
    REPEATED = "repeated"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_PAYMENT = "unknown_payment"
    MISMATCH = "mismatch"


class ReconciliationResult(StrEnum):
    """What asking the gateway about an unknown outcome brought."""

    SETTLED = "settled"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    MISMATCH = "mismatch"


class Dependency(StrEnum):
    """What the service needs to be ready."""

    DATABASE = "database"
    REDIS = "redis"
    GATEWAY = "gateway"


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


class ArchiveOutcome(StrEnum):
    """What became of an old log file in a run of ``payobs archive``."""

    ARCHIVED = "archived"
    THERE_ALREADY = "there_already"
    FAILED = "failed"
    UNTRIED = "untried"


class ExporterCollector(StrEnum):
    """The exporter's collectors, as its flags name them."""

    BUSINESS = "business"
    POSTGRES = "postgres"
    REDIS = "redis"
    HOST = "host"
    BACKUP = "backup"
    ARCHIVE = "archive"
    ELASTICSEARCH = "elasticsearch"
    PROBE = "probe"


class DatabaseTable(StrEnum):
    """The tables of the payment database."""

    PAYMENTS = "payments"
    REFUNDS = "refunds"
    PAYMENT_ATTEMPTS = "payment_attempts"
    BUSINESS_TOTALS = "business_totals"


class DatabaseConnectionState(StrEnum):
    """State of a connection as the server sees it (``pg_stat_activity.state``)."""

    ACTIVE = "active"
    IDLE = "idle"
    IDLE_IN_TRANSACTION = "idle_in_transaction"
    IDLE_IN_TRANSACTION_ABORTED = "idle_in_transaction_aborted"
    OTHER = "other"


class LogPattern(StrEnum):
    """What the runbook looks for in the logs."""

    ERROR = "error"
    PAYMENT_FAILED = "payment_failed"
    RATE_LIMIT = "rate_limit"
    AUTH_FAILED = "auth_failed"


class LogStream(StrEnum):
    """What a log line is about: each kind has a data stream of its own."""

    AUDIT = "audit"
    SECURITY = "security"
    ACCESS = "access"
    APPLICATION = "application"


class ClusterStatus(StrEnum):
    """Health of an Elasticsearch cluster."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class ProbeEndpoint(StrEnum):
    """What a probe asks: the service's two checks, and whether the gateway answers at all."""

    HEALTH = "health"
    READY = "ready"
    GATEWAY = "gateway"


def values(kind: type[StrEnum]) -> tuple[str, ...]:
    """Return every value of an enumeration, in order of declaration."""
    return tuple(member.value for member in kind)
