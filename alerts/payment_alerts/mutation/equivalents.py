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


_SHARES = (
    "PaymentSuccessRateCritical|ErrorRate(High|Critical)|(Cpu|Memory|Disk)UsageHigh|MessagesNotDelivered|"
    "EventLoopBlocked"
)
_DOWN = (
    "Payment(Service|Exporter|ServiceInstance)Down|RecoveryTimeExceeded|"
    "(Alertmanager|Prometheus|MonitoringInstance)Down"
)
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
_PRESENCE = "Only whether there is a result counts."
_ANY_UNIT = "What is above 0 is so in any unit of time."
_OTHER_SIDE = "The other side of the operator selects it as well, and both sides match on it."
_NAN = "The numerator is part of the denominator; where that is 0 the quotient is NaN, which passes no limit."
_NEVER_NEGATIVE = "The value is never negative."
_WHOLE_EVENTS = "An increase counts whole events and is extrapolated by at most one scrape: it is never in between."
_KUBERNETES_PAIRS = (
    "PodCrashLooping|ContainerOutOfMemory|ReplicasMissing|Quota(Exhausted|NearlyUsed)|"
    "Container(MemoryNearLimit|CpuThrottled)"
)
_NO_QUOTA = "Divided by 0 it is infinite or NaN, and neither is between the two limits."
_RISING = (
    "AlertsDropped|AlertmanagerNotReached|RuleEvaluation(Fails|sMissed)|PrometheusStorageFails|ScrapesOverLimit|"
    "SamplesDropped"
)
_ONE_SERIES = "Each instance publishes one series of these labels."
_NO_ERRORS = "Where there is no error series there is nothing to alert on; the 0 is for the panel."

_SIMPLE = (
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
        f"{_DOWN}|{_NONE_AT_ALL}|ServiceNotReady|Exporter(CollectorFails|ConfigurationRejected)|MonitoringConfigurationRejected",
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
    Equivalent(
        "NoPaymentProcessed", Kind.FUNCTION, "increase -> rate", _ANY_UNIT, r"sum by [^-]*\(increase.*or -increase.*"
    ),
    Equivalent("NoLogsArrive", Kind.FUNCTION, "increase -> rate", _ANY_UNIT),
    Equivalent("RateLimiterWithoutStorage", Kind.FUNCTION, "rate -> increase", _ANY_UNIT),
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
        "job:business_(refunds|payments_succeeded):rate1h|job_method:business_payments_(succeeded|failed):increase30m",
        Kind.GROUPING,
        r"by (\(.*), status(, currency\)) -> by \1\2",
        "One status is selected.",
    ),
    Equivalent(
        "job_method:business_payments_failed:increase30m|job_reason:business_payment_failures:increase30m",
        Kind.MATCHER,
        r'\{?job="[^"]*"\}? -> nothing',
        "It is read as a share of the payments of the same job, of which another program has none.",
    ),
    Equivalent(
        "job_reason:business_payment_failures:ratio30m",
        Kind.MATCHING,
        r"/ on \(environment, namespace, job\) (.*) -> / on \(environment, namespace\) \1",
        "Both sides are of one job.",
    ),
    Equivalent(
        f"{_LEAKS}|FileDescriptorsNearLimit|{_FLOODS}|NoLogInElasticsearch|{_DISKS}|RequestsPileUp|GatewayOperationsPileUp",
        Kind.MATCHER,
        r'(\{job[^,]*\}|[, ]*job="[^,]*"[, ]*) -> nothing',
        _OTHER_SIDE,
    ),
    Equivalent("FluentdForwardsNothing", Kind.MATCHER, r'job="[^,]*"[, ]* -> nothing', _OTHER_SIDE),
    Equivalent(
        "LogArchiveNeverComplete", Kind.MATCHER, r'\{job="[^"]*"\} -> nothing', _OTHER_SIDE, expr=r".*\} unless \w+"
    ),
    Equivalent("LogArchiveStale", Kind.MATCHER, r'[, ]*(job|plugin_id)="[^,]*"[, ]* -> nothing', _OTHER_SIDE),
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
    Equivalent("RefundRateHigh", Kind.COMPARATOR, "> -> >=", _LAST_BIT),
    Equivalent("ContainerCpuThrottled", Kind.COMPARATOR, ">= 30 -> > 30", _LAST_BIT),
    Equivalent(
        "FailoverNeverTested|NoLogInElasticsearch",
        Kind.AGGREGATION,
        "group -> count",
        _PRESENCE,
    ),
    Equivalent("FailedAuthPersists", Kind.COMPARATOR, r"> 0\.1 -> >= 0\.1", _LAST_BIT),
    Equivalent(_LEAKS, Kind.COMPARATOR, r"> (24|25165824) -> >= .*", _LAST_BIT),
    Equivalent("FileDescriptorsNearLimit", Kind.COMPARATOR, "> 0 -> != 0", _NEVER_NEGATIVE),
    Equivalent("FileDescriptorsNearLimit", Kind.THRESHOLD, "0 -> 1", "No process runs with a single descriptor."),
    Equivalent("job:http_requests_5xx:rate5m", Kind.OPERATOR, "or -> and", _NO_ERRORS),
    Equivalent("job:http_requests_5xx:rate5m", Kind.OPERAND, r"(.*) or .* -> \1", _NO_ERRORS),
    Equivalent("job:http_requests_5xx:rate5m", Kind.NUMBER, "0 -> -1", _NO_ERRORS),
    Equivalent(_KUBERNETES_PAIRS, Kind.MATCHER, '(job|namespace)="[^"]*" -> nothing', _OTHER_SIDE),
    Equivalent(
        "PodCrashLooping|ContainerOutOfMemory|Quota(Exhausted|NearlyUsed)|Container(MemoryNearLimit|CpuThrottled)",
        Kind.COMPARATOR,
        "> 0 -> != 0",
        _NEVER_NEGATIVE,
    ),
    Equivalent("PodCrashLooping|ContainerOutOfMemory", Kind.AGGREGATION, "max -> (sum|avg)", _NEVER_NEGATIVE),
    Equivalent(
        "PodCrashLooping|ContainerOutOfMemory", Kind.FUNCTION, "increase -> rate", "Both are above 0, or neither is."
    ),
    Equivalent(
        "PodCrashLooping|ContainerOutOfMemory|PodNotReady|ReplicasMissing",
        Kind.AGGREGATION,
        "group -> count",
        _PRESENCE,
    ),
    Equivalent("PodNotReady|RolloutStuck", Kind.COMPARATOR, "== 1 -> >= 1", "A flag is 0 or 1."),
    Equivalent("KubernetesMetricsMissing", Kind.COMPARATOR, "== 0 -> <= 0", _NEVER_NEGATIVE),
    Equivalent("KubernetesMetricsMissing", Kind.AGGREGATION, "sum -> (max|avg)", "All are 0 or none is."),
    Equivalent("QuotaNearlyUsed", Kind.GUARD, r"\(.* > 0\) -> .*", _NO_QUOTA),
    Equivalent("QuotaNearlyUsed", Kind.COMPARATOR, "> 0 -> >= 0", _NO_QUOTA),
    Equivalent("QuotaNearlyUsed", Kind.THRESHOLD, "0 -> -1", _NO_QUOTA),
    Equivalent("ContainerMemoryNearLimit", Kind.THRESHOLD, "0 -> 1", "No container can run in one byte."),
    Equivalent("ContainerCpuThrottled", Kind.GUARD, r"\(.* > 0\) -> .*", _NAN),
    Equivalent("ContainerCpuThrottled", Kind.COMPARATOR, "> 0 -> >= 0", _NAN),
    Equivalent("ContainerCpuThrottled", Kind.THRESHOLD, "0 -> -1", _NAN),
    Equivalent("Watchdog", Kind.NUMBER, "1 -> .*", "It fires whatever the value is."),
    Equivalent(f"{_RISING}|job:http_requests:seen", Kind.COMPARATOR, "> 0 -> != 0", _NEVER_NEGATIVE),
    Equivalent(_RISING, Kind.FUNCTION, "rate -> increase", "Both are above 0 or neither is."),
    Equivalent("AlertsDropped|job:http_requests:seen", Kind.AGGREGATION, "sum -> (max|avg)", _NEVER_NEGATIVE),
    Equivalent("NoAlertmanagerKnown", Kind.THRESHOLD, r"1 -> 0\.(5|9)", "It is a whole number."),
    Equivalent(
        "MessagesNotDelivered|Alertmanager(ConfigurationsDiffer|ClusterSplit)|MonitoringInstanceDown|RuleGroupSlow|"
        "PrometheusStorageFails|ScrapesOverLimit|SamplesDropped",
        Kind.MATCHER,
        r"\{job=.*\} -> nothing",
        _OTHER_SIDE,
    ),
    Equivalent(
        "AlertmanagerClusterSplit",
        Kind.MATCHING,
        r"< on \(environment, namespace, job\) (.*) -> < on \(environment, namespace\) \1",
        "One job is selected.",
    ),
    Equivalent(
        "AlertmanagerConfigurationsDiffer",
        Kind.AGGREGATION,
        "(max|min) -> avg",
        "Where the largest is not the smallest, the mean is neither.",
    ),
    Equivalent(
        "incident:firing_since_seconds:min",
        Kind.COMPARATOR,
        "< -> <=",
        "Where the remembered time is that of now, it makes no difference which of the two is taken.",
    ),
    Equivalent(
        "incident:firing_since_seconds:min",
        Kind.FUNCTION,
        "last_over_time -> min_over_time",
        "As long as it is remembered it never rises: the last is the smallest.",
    ),
    Equivalent(".*EscalatedToL2", Kind.THRESHOLD, "0 -> -1", "An alert has never fired for less than no time."),
    Equivalent(".*EscalatedToL2", Kind.GUARD, r"(.*) >= 0 -> \1", "An alert has never fired for less than no time."),
    Equivalent(
        ".*EscalatedToL[23]",
        Kind.MATCHER,
        'priority="P3" -> nothing',
        "P3 is escalated last: what has gone on for so long at another priority is escalated already.",
    ),
    Equivalent("job:scrape:success", Kind.MATCHER, r"\{job=.*\} -> nothing", "Whoever reads it selects a job."),
    Equivalent(
        "job:scrape:success|job_collector:collection:success", Kind.COMPARATOR, "== 1 -> >= 1", "A flag is 0 or 1."
    ),
)


_BURN = ".*ErrorBudgetBurn(Fast|Slow)"
_CHANCE = "Sums of rounded rates meet a limit to the last bit by chance only: no figures can be told where they do."
_APART = "Events and bad events are selected apart: a program of which only the one or the other is seen burns nothing."

#: The burn rates of objectives.
_BURN_RATES = (
    Equivalent(_BURN, Kind.GUARD, r"\(.* > 0\) -> .*", _NAN),
    Equivalent(_BURN, Kind.COMPARATOR, "> 0 -> >= 0", _NAN),
    Equivalent(_BURN, Kind.THRESHOLD, "0 -> -1", _NAN),
    Equivalent(_BURN, Kind.COMPARATOR, "> 0 -> != 0", _NEVER_NEGATIVE),
    Equivalent(_BURN, Kind.COMPARATOR, r"> [\d.]*[1-9][\d.]* -> >= .*|>= [\d.]+ -> > .*", _CHANCE),
    Equivalent("job:slo_.*:rate5m", Kind.MATCHER, r'\{?job="(?:[^"\\]|\\.)*"\}? -> nothing', _APART),
    Equivalent("job:slo_(success|availability)_errors:rate5m", Kind.OPERATOR, "or -> and", _NO_ERRORS),
    Equivalent("job:slo_(success|availability)_errors:rate5m", Kind.OPERAND, r"(.*) or .* -> \1", _NO_ERRORS),
    Equivalent(
        "job:slo_latency_errors:rate5m",
        Kind.NUMBER,
        "0 -> -1",
        "What is in time is part of all; a rounding error between the two is too small for any limit.",
    ),
)

EQUIVALENTS = (*_SIMPLE, *_BURN_RATES)


def declaration_of(mutant: Mutant, declared: Iterable[Equivalent]) -> Equivalent | None:
    """Return the first declaration that ``mutant`` falls under."""
    return next((equivalent for equivalent in declared if equivalent.matches(mutant)), None)
