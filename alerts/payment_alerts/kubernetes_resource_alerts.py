"""Alerts on what the namespace and its containers may use: quotas, limits of memory and of CPU.

Quotas are told by kube-state-metrics, containers by the cAdvisor of each kubelet; where the settings name no such
target, there is no series and the alerts on it are silent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.kubernetes_scenarios import kubernetes_target, with_another_namespace
from payment_alerts.scenario_series import Target, rising, steady, then
from payment_catalog import kubernetes_metrics as metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import parse_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, WINDOW

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

_MINUTE = timedelta(minutes=1)
_QUOTA = f"{JOB}, {metrics.RESOURCE_QUOTA.name}, {metrics.RESOURCE.name}"
_CONTAINER = f"{JOB}, {metrics.POD.name}, {metrics.CONTAINER.name}"

#: Share of a quota. kubernetes-mixin's; with ten pods allowed, the last one is being made.
QUOTA_SHARE = 0.9
#: Share of the memory limit. At the limit the kernel ends the container.
MEMORY_SHARE = 0.9
#: Share of the scheduler's periods, kubernetes-mixin's: every fourth wait for the processor is the limit's.
THROTTLED_SHARE = 0.25
#: Throttled periods within the window of the rates that are worth a message. A period is a tenth of a second, so that
#: they hold up a hundredth of the time at most; a program that only wakes to be scraped has no more.
FEWEST_THROTTLED = 30

_AT = timedelta(minutes=40)
_THE_QUOTA = {metrics.RESOURCE_QUOTA.name: "compute", metrics.RESOURCE.name: "limits.memory"}
_THE_CONTAINER = {metrics.POD.name: "payment-service-7d9c", metrics.CONTAINER.name: "payment-service"}
_AS_A_WHOLE = {**_THE_CONTAINER, metrics.CONTAINER.name: ""}


def kubernetes_resource_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on quotas and limits."""
    settings = catalog.settings
    state, cadvisor = (kubernetes_target(settings, job) for job in metrics.KUBERNETES_JOBS)
    quotas, containers = (metrics.namespace_of(job, settings) for job in metrics.KUBERNETES_JOBS)
    alerts = (
        quota_exhausted(quotas, state),
        quota_nearly_used(quotas, state),
        memory_near_limit(containers, cadvisor),
        cpu_throttled(containers, cadvisor),
    )
    return AlertGroup(
        "payment-kubernetes-resources",
        "kubernetes-resources.yaml",
        tuple(map(with_another_namespace, alerts)),
        dashboard=Dashboard.INFRASTRUCTURE,
    )


def _used_share(ours: str) -> str:
    """Return what share of each quota is used; a quota of nothing forbids, and is never used up."""
    quota = metrics.QUOTA
    return f'max by ({_QUOTA}) ({quota}{{{ours}, type="used"}} / ignoring (type) ({quota}{{{ours}, type="hard"}} > 0))'


def _quota(used: float, by: Target, hard: float = 8) -> tuple[InputSeries, ...]:
    return (
        by.series(metrics.QUOTA.name, steady(used, 60), type="used", **_THE_QUOTA),
        by.series(metrics.QUOTA.name, steady(hard, 60), type="hard", **_THE_QUOTA),
    )


def quota_exhausted(ours: str, target: Target) -> Alert:
    """Nothing is left of a quota."""
    pending = timedelta(minutes=15)
    firing = ({**target.job_labels, **_THE_QUOTA},)
    return Alert(
        name="QuotaExhausted",
        expr=f"{_used_share(ours)} >= 1",
        # A roll-out needs more for a while, and gives it back.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The quota {{ $labels.resourcequota }} has no {{ $labels.resource }} left",
        description="{{ $value | humanizePercentage }} of {{ $labels.resource }} is used in namespace "
        "{{ $labels.namespace }} in {{ $labels.environment }}.",
        meaning="The pods of the namespace use all that its ResourceQuota allows.",
        impact="What needs more of it cannot be made: a roll-out stops, and pods of a lost node do not come back.",
        scenarios=(
            Scenario("all is used", _quota(8, target), _AT, firing),
            Scenario("a thousandth is allowed, and used", _quota(0.001, target, hard=0.001), _AT, firing),
            Scenario("the quota was lowered below what is used", _quota(12, target), timedelta(minutes=16), firing),
            Scenario(
                "one of two kube-state-metrics has not seen it yet",
                (*_quota(8, target), *_quota(4, target.second)),
                _AT,
                firing,
            ),
            Scenario("nearly all is used", _quota(7.84, target), _AT),
            Scenario("half is used, for two kube-state-metrics", (*_quota(4, target), *_quota(4, target.second)), _AT),
            Scenario("nothing is allowed", _quota(0, target, hard=0), _AT),
            Scenario("nothing more is allowed, and what there is may stay", _quota(2, target, hard=0), _AT),
            Scenario("not for long enough", _quota(8, target), pending - _MINUTE),
            Scenario("no quota", (), _AT),
        ),
    )


def quota_nearly_used(ours: str, target: Target) -> Alert:
    """Little is left of a quota."""
    pending = timedelta(minutes=15)
    firing = ({**target.job_labels, **_THE_QUOTA},)
    return Alert(
        name="QuotaNearlyUsed",
        expr=f"{_used_share(ours)} > {number(QUOTA_SHARE)} < 1",
        # A roll-out needs more for a while, and gives it back.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The quota {{ $labels.resourcequota }} has little {{ $labels.resource }} left",
        description="{{ $value | humanizePercentage }} of {{ $labels.resource }} is used in namespace "
        "{{ $labels.namespace }} in {{ $labels.environment }}.",
        meaning="The pods of the namespace use nearly all that its ResourceQuota allows.",
        impact="None yet; the next roll-out or another replica may find no room.",
        scenarios=(
            Scenario("just below all", _quota(7.92, target), _AT, firing),
            Scenario("just above the limit", _quota(8 * QUOTA_SHARE * 1.02, target), timedelta(minutes=16), firing),
            Scenario("a thousandth is allowed, and nearly used", _quota(0.00095, target, hard=0.001), _AT, firing),
            Scenario(
                "one of two kube-state-metrics has not seen it yet",
                (*_quota(7.6, target), *_quota(4, target.second)),
                _AT,
                firing,
            ),
            Scenario("exactly the limit", _quota(8 * QUOTA_SHARE, target), _AT),
            Scenario("just below the limit", _quota(8 * QUOTA_SHARE * 0.98, target), _AT),
            Scenario("all is used, which is QuotaExhausted's matter", _quota(8, target), _AT),
            Scenario("more than all is used", _quota(8.4, target), _AT),
            Scenario(
                "not half is used, for two kube-state-metrics",
                (*_quota(3.8, target), *_quota(3.8, target.second)),
                _AT,
            ),
            Scenario("nothing is allowed", _quota(0, target, hard=0), _AT),
            Scenario("not for long enough", _quota(7.6, target), pending - _MINUTE),
            Scenario("no quota", (), _AT),
        ),
    )


def memory_near_limit(ours: str, target: Target) -> Alert:
    """A container uses nearly all the memory that it may."""
    pending = timedelta(minutes=10)
    firing = ({**target.job_labels, **_THE_CONTAINER},)
    limit_bytes = 256 * 2**20

    def container(
        share: float, limit: float = limit_bytes, group: str = "a", labels: dict[str, str] = _THE_CONTAINER
    ) -> tuple[InputSeries, ...]:
        labels = {**labels, "id": f"/kubepods/{group}"}
        return (
            target.series(metrics.MEMORY_WORKING_SET.name, steady(limit_bytes * share, 60), **labels),
            target.series(metrics.MEMORY_LIMIT.name, steady(limit, 60), **labels),
        )

    return Alert(
        name="ContainerMemoryNearLimit",
        # A restarted container is a control group of its own beside the one before.
        expr=f'max by ({_CONTAINER}) ({metrics.MEMORY_WORKING_SET}{{{ours}, {metrics.CONTAINER.name}!=""}} '
        f"/ ({metrics.MEMORY_LIMIT}{{{ours}}} > 0)) > {number(MEMORY_SHARE)}",
        # One large answer is over before; a leak is not.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="{{ $labels.container }} in pod {{ $labels.pod }} is near its memory limit",
        description="It uses {{ $value | humanizePercentage }} of the memory that it may use in "
        "{{ $labels.environment }}.",
        meaning="The container needs more memory than planned for, or it leaks.",
        impact="None yet; at the limit the kernel ends the container, and what it was doing is lost.",
        scenarios=(
            Scenario("at its limit", container(1), _AT, firing),
            Scenario("just above", container(MEMORY_SHARE * 1.02), timedelta(minutes=11), firing),
            Scenario(
                "restarted, and near its limit again", (*container(0.2), *container(0.95, group="b")), _AT, firing
            ),
            Scenario("restarted, half used before and after", (*container(0.5), *container(0.5, group="b")), _AT),
            Scenario("exactly the limit of the alert", container(MEMORY_SHARE), _AT),
            Scenario("just below", container(MEMORY_SHARE * 0.98), _AT),
            Scenario("without a limit", container(1, limit=0), _AT),
            Scenario("the pod as a whole", container(1, labels=_AS_A_WHOLE), _AT),
            Scenario("not for long enough", container(1), pending - _MINUTE),
            Scenario("no data", (), _AT),
        ),
    )


def cpu_throttled(ours: str, target: Target) -> Alert:
    """A container is often kept from running by its CPU limit."""
    pending = timedelta(minutes=15)
    firing = ({**target.job_labels, **_THE_CONTAINER},)

    def container(
        throttled: str, periods: str, group: str = "a", labels: dict[str, str] = _THE_CONTAINER
    ) -> tuple[InputSeries, ...]:
        labels = {**labels, "id": f"/kubepods/{group}"}
        return (
            target.series(metrics.CPU_THROTTLED_PERIODS.name, throttled, **labels),
            target.series(metrics.CPU_PERIODS.name, periods, **labels),
        )

    def share(value: float, per_minute: float = 600, group: str = "a") -> tuple[InputSeries, ...]:
        return container(rising(per_minute * value, 60), rising(per_minute, 60), group)

    def anew(per_minute: float) -> str:
        return then(rising(per_minute, 22), rising(per_minute, 40))

    def few(periods: float) -> tuple[InputSeries, ...]:
        """Return a restarted container that hardly ever runs, and always waits: so many periods within the window."""
        per_minute = periods / (parse_duration(WINDOW) / _MINUTE)
        return *share(1, per_minute / 2), *share(1, per_minute / 2, "b")

    by_fits = then(*(f"{start} {start + 600} {start + 900} {start + 900}" for start in range(0, 13500, 900)))
    return Alert(
        name="ContainerCpuThrottled",
        expr=f"sum by ({_CONTAINER}) (rate({metrics.CPU_THROTTLED_PERIODS}"
        f'{{{ours}, {metrics.CONTAINER.name}!=""}}[{WINDOW}])) '
        f"/ (sum by ({_CONTAINER}) (rate({metrics.CPU_PERIODS}{{{ours}}}[{WINDOW}])) > 0) > {number(THROTTLED_SHARE)} "
        f"and sum by ({_CONTAINER}) (increase({metrics.CPU_THROTTLED_PERIODS}{{{ours}}}[{WINDOW}])) "
        f">= {FEWEST_THROTTLED}",
        # Starting up takes more than serving, and is over before.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="{{ $labels.container }} in pod {{ $labels.pod }} is slowed down by its CPU limit",
        description="In {{ $value | humanizePercentage }} of the scheduler's periods it had used up its share of the "
        "processor in {{ $labels.environment }}.",
        meaning="The container wants more of the processor than its limit allows, and waits for it at least "
        f"{FEWEST_THROTTLED} times in {WINDOW}.",
        impact="Requests wait for up to a tenth of a second each time, though processors may be idle.",
        scenarios=(
            Scenario("in half of the periods", share(0.5), _AT, firing),
            Scenario("just above, and hardly ever running", share(THROTTLED_SHARE * 1.02, 30), _AT, firing),
            Scenario("for just as long as it takes", share(0.5), timedelta(minutes=17), firing),
            Scenario(
                "just above, and the counters begin anew",
                container(anew(THROTTLED_SHARE * 1.1 * 600), anew(600)),
                _AT,
                firing,
            ),
            Scenario(
                "restarted; before and after together just above",
                (*share(0.1, 200), *share(0.32, 600, "b")),
                _AT,
                firing,
            ),
            Scenario(
                "restarted; before and after together just below",
                (*share(0.5, 200), *share(0.15, 600, "b")),
                _AT,
            ),
            Scenario("hardly ever running, and waiting just often enough", few(FEWEST_THROTTLED * 1.02), _AT, firing),
            Scenario("hardly ever running, and not waiting often enough", few(FEWEST_THROTTLED * 0.98), _AT),
            Scenario("in two of four minutes", container(by_fits, rising(600, 60)), _AT, firing),
            Scenario("exactly the limit of the alert", share(THROTTLED_SHARE), _AT),
            Scenario("just below", share(THROTTLED_SHARE * 0.98), _AT),
            Scenario(
                "a burst of four minutes", container("0x10 0+300x4 1200+0x40", rising(600, 60)), timedelta(minutes=20)
            ),
            Scenario("the pod as a whole", container(rising(600, 60), rising(600, 60), labels=_AS_A_WHOLE), _AT),
            Scenario("it does not run", container(steady(5, 60), steady(9, 60)), _AT),
            Scenario("not for long enough", share(0.5), pending - _MINUTE),
            Scenario("no data", (), _AT),
        ),
    )
