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
    """Mutants of ``kind`` that mean the same; ``rule`` and ``change`` are patterns that match name and change whole."""

    rule: str
    kind: Kind
    change: str
    reason: str

    def matches(self, mutant: Mutant) -> bool:
        """Return whether ``mutant`` is declared here."""
        return (
            mutant.kind == self.kind
            and re.fullmatch(self.rule, mutant.rule) is not None
            and re.fullmatch(self.change, mutant.change) is not None
        )

    def __str__(self) -> str:
        """Return the declaration on one line."""
        return f"{self.rule}: {self.kind}: {self.change}"


_SHARES = "PaymentSuccessRateCritical|ErrorRate(High|Critical)|(Cpu|Memory|Disk)UsageHigh"
_DOWN = "Payment(Service|Exporter|ServiceInstance)Down|RecoveryTimeExceeded"
#: They compare the largest of values that are never negative with 0, over exporters that tell the same.
_NONE_AT_ALL = (
    "ServiceUnreachable|GatewayUnreachable|Backup(Missing|Failed|VerificationFailed)|LocksWaiting|FailoverTestFailed"
)
_COUNTED = (
    "CardDataReceived|GatewaySignatureFailures|ApiKeyFromManyAddresses|ForeignPaymentAccess|PaymentIdEnumeration|"
    "ApiKeyScopeDenied|DeadlocksFound|RedisRejectsConnections"
)
_LEAKS = "MemoryLeak|AsyncioTaskLeak|FileDescriptorLeak"
_FLOODS = "RequestFlood|MostRequestsRateLimited|MostRequestsRefused"
_LAST_BIT = "No regression and no extrapolated rate meets the limit to the last bit."
_DISKS = "DiskFullWithin(ADay|Hours)"
_ANY_UNIT = "What is above 0 is so in any unit of time."
_SAME_JOB = "The other side selects the job, and the sides match on that label."
_NAN = "The numerator is part of the denominator; where that is 0 the quotient is NaN, which passes no limit."
_NEVER_NEGATIVE = "The value is never negative."
_WHOLE_EVENTS = "An increase counts whole events and is extrapolated by at most one scrape: it is never in between."
_NO_ERRORS = "Where there is no error series there is nothing to alert on; the 0 is for the panel."

EQUIVALENTS = (
    Equivalent(_SHARES, Kind.GUARD, r"\(.* > 0\) -> .*", _NAN),
    Equivalent(_SHARES, Kind.COMPARATOR, "> 0 -> >= 0", _NAN),
    Equivalent(_SHARES, Kind.THRESHOLD, "0 -> -1", _NAN),
    Equivalent(
        f"{_SHARES}|{_DOWN}|RefundRateHigh|CircuitBreakerOpen|LocksWaiting|(DatabaseConnections|RedisMemory)NearLimit",
        Kind.COMPARATOR,
        "> 0 -> != 0",
        _NEVER_NEGATIVE,
    ),
    Equivalent(
        f"{_DOWN}|{_NONE_AT_ALL}|ServiceNotReady|Exporter(CollectorFails|ConfigurationRejected)|FluentdDown",
        Kind.COMPARATOR,
        "== 0 -> <= 0",
        _NEVER_NEGATIVE,
    ),
    Equivalent("ServiceNotReady|Elasticsearch(Red|Yellow)", Kind.COMPARATOR, "== 1 -> >= 1", "A flag is 0 or 1."),
    Equivalent(_DOWN, Kind.AGGREGATION, "sum -> (max|avg)", "Each of the values is 0 or 1: all are 0 or none is."),
    Equivalent(f"CircuitBreakerOpen|{_NONE_AT_ALL}", Kind.AGGREGATION, "max -> (sum|avg)", _NEVER_NEGATIVE),
    Equivalent("(Memory|Disk)UsageHigh", Kind.THRESHOLD, "0 -> 1", "Nothing has a size of one byte."),
    Equivalent(
        "CardDataReceived|ApiKeyFromManyAddresses|RedisRejectsConnections",
        Kind.THRESHOLD,
        r"0\.5 -> (0|0\.\d+)",
        _WHOLE_EVENTS,
    ),
    Equivalent("CardDataReceived|ApiKeyFromManyAddresses", Kind.AGGREGATION, "sum -> max", _WHOLE_EVENTS),
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
        "job:business_(refunds|payments_succeeded):rate1h",
        Kind.GROUPING,
        r"by (\(.*), status(, currency\)) -> by \1\2",
        "One status is selected.",
    ),
    Equivalent(
        f"{_LEAKS}|FileDescriptorsNearLimit|{_FLOODS}|NoLogInElasticsearch|{_DISKS}|RequestsPileUp|GatewayOperationsPileUp",
        Kind.MATCHER,
        r'(\{job[^,]*\}|[, ]*job="[^,]*"[, ]*) -> nothing',
        _SAME_JOB,
    ),
    Equivalent("FluentdForwardsNothing", Kind.MATCHER, r'job="[^,]*"[, ]* -> nothing', _SAME_JOB),
    Equivalent("LogArchiveStale", Kind.MATCHER, r'[, ]*(job|plugin_id)="[^,]*"[, ]* -> nothing', _SAME_JOB),
    Equivalent(
        "Fluentd(OutputFails|ForwardsNothing)|LogArchiveStale|NoLogInElasticsearch",
        Kind.COMPARATOR,
        "> 0 -> != 0",
        _NEVER_NEGATIVE,
    ),
    Equivalent(
        "Fluentd(OutputFails|ForwardsNothing)|NoLogInElasticsearch", Kind.FUNCTION, "increase -> rate", _ANY_UNIT
    ),
    Equivalent("FluentdForwardsNothing|NoLogInElasticsearch", Kind.AGGREGATION, "max -> (avg|sum)", _NEVER_NEGATIVE),
    Equivalent("FluentdForwardsNothing", Kind.AGGREGATION, "sum -> (max|min|avg)", "There is one such output."),
    Equivalent(_DISKS, Kind.COMPARATOR, r"< 0(\.\d)? -> <= .*", "A trend meets the limit at one moment at most."),
    Equivalent(_DISKS, Kind.THRESHOLD, "0 -> -?1", "One byte of a disk."),
    Equivalent(_DISKS, Kind.GUARD, r"\(.* > 0\) -> .*", "A share of nothing is below no limit."),
    Equivalent(_DISKS, Kind.COMPARATOR, "> 0 -> (>=|!=) 0", "A share of nothing is below no limit."),
    Equivalent("MostRequestsRateLimited|MostRequestsRefused", Kind.COMPARATOR, "> 50 -> >= 50", _LAST_BIT),
    Equivalent(
        "FailoverNeverTested|NoLogInElasticsearch",
        Kind.AGGREGATION,
        "group -> count",
        "Only whether there is a result counts.",
    ),
    Equivalent("FailedAuthPersists", Kind.COMPARATOR, r"> 0\.1 -> >= 0\.1", _LAST_BIT),
    Equivalent(_LEAKS, Kind.COMPARATOR, r"> (24|25165824) -> >= .*", _LAST_BIT),
    Equivalent("FileDescriptorsNearLimit", Kind.COMPARATOR, "> 0 -> != 0", _NEVER_NEGATIVE),
    Equivalent("FileDescriptorsNearLimit", Kind.THRESHOLD, "0 -> 1", "No process runs with a single descriptor."),
    Equivalent("job:http_requests_5xx:rate5m", Kind.OPERATOR, "or -> and", _NO_ERRORS),
    Equivalent("job:http_requests_5xx:rate5m", Kind.OPERAND, r"(.*) or .* -> \1", _NO_ERRORS),
    Equivalent("job:http_requests_5xx:rate5m", Kind.NUMBER, "0 -> -1", _NO_ERRORS),
)


def declaration_of(mutant: Mutant, declared: Iterable[Equivalent]) -> Equivalent | None:
    """Return the first declaration that ``mutant`` falls under."""
    return next((equivalent for equivalent in declared if equivalent.matches(mutant)), None)
