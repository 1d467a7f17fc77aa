"""Mutants that mean the same as the rule, so that no test can notice them; each with its reason.

A declaration must hold: one that matches no mutant any more, or one whose mutant a test notices, is a finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.mutation.mutant import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.mutation.mutant import Mutant


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Mutants of ``kind`` that mean the same.

    ``rule`` and ``change`` are patterns that match name and change whole, ``expr`` one that matches the changed
    expression whole, where the same change elsewhere in the rule means something else.
    """

    rule: str
    kind: Kind
    change: str
    reason: str
    expr: str = ".*"

    def matches(self, mutant: Mutant) -> bool:
        """Return whether ``mutant`` is declared here."""
        return (
            mutant.kind == self.kind
            and re.fullmatch(self.rule, mutant.rule) is not None
            and re.fullmatch(self.change, mutant.change) is not None
            and re.fullmatch(self.expr, mutant.expr) is not None
        )

    def __str__(self) -> str:
        """Return the declaration on one line."""
        return f"{self.rule}: {self.kind}: {self.change}"


_SHARES = "PaymentSuccessRateCritical|ErrorRate(High|Critical)|(Cpu|Memory|Disk)UsageHigh|EventLoopBlocked"
_DOWN = "Payment(Service|Exporter|ServiceInstance)Down|RecoveryTimeExceeded"
#: They compare the largest of values that are never negative with 0, over exporters that tell the same.
_NONE_AT_ALL = "ServiceUnreachable|GatewayUnreachable|Backup(Missing|Failed|VerificationFailed)|LocksWaiting"
_COUNTED = (
    "CardDataReceived|GatewaySignatureFailures|ApiKeyFromManyAddresses|ForeignPaymentAccess|PaymentIdEnumeration|"
    "ApiKeyScopeDenied|DeadlocksFound|RedisRejectsConnections"
)
_NAN = "The numerator is part of the denominator; where that is 0 the quotient is NaN, which passes no limit."
_NEVER_NEGATIVE = "The value is never negative."
_WHOLE_EVENTS = "An increase counts whole events and is extrapolated by at most one scrape: it is never in between."
_OTHER_SIDE = "Series are matched by their job, and the other side of the operator has only those of one."
_ONE_SERIES = "Each instance publishes one series of these labels."
_ANY = "An increase is above 0 exactly when the rate is."
_NO_ERRORS = "Where there is no error series there is nothing to alert on; the 0 is for the panel."

EQUIVALENTS = (
    Equivalent(_SHARES, Kind.GUARD, r"\(.* > 0\) -> .*", _NAN),
    Equivalent(_SHARES, Kind.COMPARATOR, "> 0 -> >= 0", _NAN),
    Equivalent(_SHARES, Kind.THRESHOLD, "0 -> -1", _NAN),
    Equivalent(
        f"{_SHARES}|{_DOWN}|RefundRateHigh|CircuitBreakerOpen|LocksWaiting|(Database(Connections|Pool)|RedisMemory)NearLimit|"
        "NoPaymentProcessed|RateLimiterWithoutStorage|BackupNeverVerified|NoLogsArrive",
        Kind.COMPARATOR,
        "> 0 -> != 0",
        _NEVER_NEGATIVE,
    ),
    Equivalent(
        f"{_DOWN}|{_NONE_AT_ALL}|ServiceNotReady|Exporter(CollectorFails|ConfigurationRejected)",
        Kind.COMPARATOR,
        "== 0 -> <= 0",
        _NEVER_NEGATIVE,
    ),
    Equivalent("ServiceNotReady|Elasticsearch(Red|Yellow)", Kind.COMPARATOR, "== 1 -> >= 1", "A flag is 0 or 1."),
    Equivalent(_DOWN, Kind.AGGREGATION, "sum -> (max|avg)", "Each of the values is 0 or 1: all are 0 or none is."),
    Equivalent(f"CircuitBreakerOpen|{_NONE_AT_ALL}", Kind.AGGREGATION, "max -> (sum|avg)", _NEVER_NEGATIVE),
    Equivalent(
        "(Memory|Disk)UsageHigh|RedisMemoryNearLimit",
        Kind.THRESHOLD,
        "0 -> 1",
        "Nothing has a size or a limit of one byte.",
    ),
    Equivalent(
        "CardDataReceived|ApiKeyFromManyAddresses|RedisRejectsConnections",
        Kind.THRESHOLD,
        r"0\.5 -> (0|0\.\d+)",
        _WHOLE_EVENTS,
    ),
    Equivalent("CardDataReceived|ApiKeyFromManyAddresses", Kind.AGGREGATION, "sum -> max", _WHOLE_EVENTS),
    Equivalent("RedisRejectsConnections", Kind.AGGREGATION, "max -> sum", _WHOLE_EVENTS),
    Equivalent(_COUNTED, Kind.COMPARATOR, r"> \d\.5 -> >= \d\.5", _WHOLE_EVENTS),
    Equivalent("GatewaySignatureFailures|ForeignPaymentAccess", Kind.THRESHOLD, r"4\.5 -> 4\.95", _WHOLE_EVENTS),
    Equivalent("PaymentIdEnumeration|DeadlocksFound", Kind.THRESHOLD, r"2\.5 -> 2\.(25|75)", _WHOLE_EVENTS),
    Equivalent(
        "job_le:http_request_duration_seconds_bucket:rate5m",
        Kind.FUNCTION,
        "rate -> increase",
        "A quantile depends on the proportion of the buckets alone.",
    ),
    Equivalent(
        "job_le:http_request_duration_seconds_bucket:rate5m",
        Kind.AGGREGATION,
        "sum -> avg",
        "Every instance has every bucket, and a quantile depends on the proportion of the buckets alone.",
    ),
    Equivalent(
        "job:(payments|payments_succeeded|http_requests|http_requests_5xx):rate5m|"
        "job:business_(refunds|payments_succeeded):rate1h|instance:host_cpu_seconds(_idle)?:rate5m|"
        "(Memory|Disk)UsageHigh|PaymentServiceInstanceDown|Database(Pool|Connections)NearLimit|EventLoopBlocked|"
        "ServiceNotReady|TableNeedsVacuum|RedisMemoryNearLimit|BackupSuspiciouslySmall|RestoreSlowerThanRTO|NoLogsArrive",
        Kind.MATCHER,
        r'\{?job="[^"]*"\}? -> nothing',
        _OTHER_SIDE,
    ),
    Equivalent(
        "NoPaymentProcessed|BackupNeverVerified",
        Kind.MATCHER,
        r'\{?job="[^"]*"\}? -> nothing',
        _OTHER_SIDE,
        r"[^{]*\{job=.* unless .*",
    ),
    Equivalent(
        "PaymentServiceInstanceDown",
        Kind.MATCHING,
        r"(.*), job\) -> \1\)",
        "Both sides have only the series of one job.",
    ),
    Equivalent("DatabasePoolNearLimit|EventLoopBlocked", Kind.AGGREGATION, "sum -> (max|min|avg)", _ONE_SERIES),
    Equivalent(
        "NoPaymentProcessed",
        Kind.AGGREGATION,
        "sum -> (max|avg)",
        _NEVER_NEGATIVE,
        r"sum .* unless .*",
    ),
    Equivalent("NoPaymentProcessed", Kind.FUNCTION, "increase -> rate", _ANY, r"sum by [^\[]*\(increase.*"),
    Equivalent("NoLogsArrive", Kind.FUNCTION, "increase -> rate", _ANY),
    Equivalent("RateLimiterWithoutStorage", Kind.FUNCTION, "rate -> increase", _ANY),
    Equivalent("RateLimiterWithoutStorage", Kind.AGGREGATION, "sum -> (max|avg)", _NEVER_NEGATIVE),
    Equivalent("NoLogsArrive", Kind.AGGREGATION, "max -> (sum|avg)", _NEVER_NEGATIVE, r".* and (sum|avg) .*"),
    Equivalent("BackupNeverVerified", Kind.AGGREGATION, "max -> (sum|avg)", _NEVER_NEGATIVE, r"(sum|avg) .*"),
    Equivalent(
        "BackupNeverVerified",
        Kind.AGGREGATION,
        "max -> (sum|avg|min)",
        "Only whether there is a result counts, not its value.",
        r".* unless (sum|avg|min) .*",
    ),
    Equivalent("ServiceNotReady", Kind.AGGREGATION, "max -> (sum|avg)", _NEVER_NEGATIVE, r"(sum|avg) .*"),
    Equivalent(
        "ServiceNotReady",
        Kind.MATCHER,
        'endpoint="health" -> nothing',
        "Where readiness is 0, the highest of both is health.",
    ),
    Equivalent(
        "job:business_(refunds|payments_succeeded):rate1h",
        Kind.GROUPING,
        r"by (\(.*), status(, currency\)) -> by \1\2",
        "One status is selected.",
    ),
    Equivalent("job:http_requests_5xx:rate5m", Kind.OPERATOR, "or -> and", _NO_ERRORS),
    Equivalent("job:http_requests_5xx:rate5m", Kind.OPERAND, r"(.*) or .* -> \1", _NO_ERRORS),
    Equivalent("job:http_requests_5xx:rate5m", Kind.NUMBER, "0 -> -1", _NO_ERRORS),
)


def declaration_of(mutant: Mutant, declared: Iterable[Equivalent]) -> Equivalent | None:
    """Return the first declaration that ``mutant`` falls under."""
    return next((equivalent for equivalent in declared if equivalent.matches(mutant)), None)
