"""What Kubernetes tells of the namespace: are the pods there, and what do they run into?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_metrics as metrics
from payment_catalog.promql import quote
from payment_catalog.signal import Query
from payment_catalog.signals import JOB
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Row
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.states import States
from payment_dashboards.panels.table import Column, Table
from payment_dashboards.states import CRASH_LOOP, OUT_OF_MEMORY, READY, ROLL_OUT

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

NEEDS_STATE_METRICS = f"needs {metrics.KUBE_STATE_METRICS}"
NEEDS_CADVISOR = "needs the kubelet's cAdvisor"

_POD = f"{JOB}, {metrics.POD.name}"
_DEPLOYMENT = f"{JOB}, {metrics.DEPLOYMENT.name}"
_CONTAINER = f"{{{{{metrics.POD.name}}}}} {{{{{metrics.CONTAINER.name}}}}}"


def workload_rows(kit: Kit) -> tuple[Row, ...]:
    """Return the rows about pods and deployments."""
    return (
        Row("Kubernetes: are the pods there?", (pods(kit),)),
        Row("Kubernetes: what changes?", (replicas(kit), roll_outs(kit), restarts(kit))),
    )


def resource_rows(kit: Kit) -> tuple[Row, ...]:
    """Return the rows about what the namespace and its containers may use."""
    return (Row("Kubernetes: what runs out?", (quotas(kit), container_memory(kit), container_throttling(kit))),)


def _state(kit: Kit) -> str:
    return metrics.namespace_of(metrics.KUBE_STATE_METRICS, kit.settings)


def missing_pods(kit: Kit) -> Stat:
    """Return how many pods are missing, of all deployments."""
    wanted, available = (
        f"max by ({_DEPLOYMENT}) ({metric}{{{_state(kit)}}})"
        for metric in (metrics.REPLICAS_WANTED, metrics.REPLICAS_AVAILABLE)
    )
    return Stat(
        title="Pods missing",
        description="Pods that the deployments of the namespace are to have and that are not available.",
        queries=(Query(f"sum({wanted} - {available})"),),
        limits=Limits(warning=1),
        links=kit.runbooks("ReplicasMissing", "KubernetesMetricsMissing"),
        no_value="no Kubernetes",
    )


def pods(kit: Kit) -> Table:
    """Return every pod with what is wrong with it."""
    state = _state(kit)
    return Table(
        title="Pods",
        description="Every pod of the namespace: whether it is ready, how often its containers were restarted in the "
        "last hour, whether one waits because it crashed too often, and whether one ended the last time for want of "
        "memory.",
        queries=(
            # What has done its work is not ready, and need not be.
            Query(
                f'max by ({_POD}) ({metrics.POD_READY}{{{state}, condition="true"}})'
                f' unless max by ({_POD}) ({metrics.POD_PHASE}{{{state}, phase="Succeeded"}}) == 1'
            ),
            Query(f"max by ({_POD}) (increase({metrics.RESTARTS}{{{state}}}[1h]))"),
            Query(f"max by ({_POD}) ({metrics.WAITING_REASON}{{{state}, reason={quote(metrics.CRASH_LOOP)}}})"),
            Query(
                f"max by ({_POD}) ({metrics.LAST_TERMINATED_REASON}{{{state}, reason={quote(metrics.OUT_OF_MEMORY)}}})"
            ),
        ),
        unit=Unit.STATE,
        columns=(
            Column(source=metrics.POD.name, title="Pod"),
            Column(source="Value #A", title="Ready", width=110, states=READY),
            Column(source="Value #B", title="Restarts", unit=Unit.COUNT, width=100),
            Column(source="Value #C", title="Waits", width=220, states=CRASH_LOOP),
            Column(source="Value #D", title="Ended", width=180, states=OUT_OF_MEMORY),
        ),
        sort="Ready",
        links=kit.runbooks("PodNotReady", "PodCrashLooping", "ContainerOutOfMemory", "KubernetesMetricsMissing"),
        no_value=NEEDS_STATE_METRICS,
        decimals=0,
        width=24,
        height=6,
    )


def replicas(kit: Kit) -> OverTime:
    """Return how many pods each deployment is to have and has."""
    shown = {
        "wanted": metrics.REPLICAS_WANTED,
        "updated": metrics.REPLICAS_UPDATED,
        "available": metrics.REPLICAS_AVAILABLE,
    }
    return OverTime(
        title="Pods wanted, updated and available",
        description="Pods that each deployment is to have, that have its newest template, and that serve. While a "
        "roll-out moves on, updated rises to wanted.",
        queries=tuple(
            Query(f"max by ({_DEPLOYMENT}) ({metric}{{{_state(kit)}}})", f"{{{{{metrics.DEPLOYMENT.name}}}}} {word}")
            for word, metric in shown.items()
        ),
        calculations=("lastNotNull", "min"),
        links=kit.runbooks("ReplicasMissing", "RolloutStuck"),
        no_value=NEEDS_STATE_METRICS,
    )


def roll_outs(kit: Kit) -> States:
    """Return whether the roll-out of each deployment is stuck."""
    stuck = f'condition={quote(metrics.PROGRESSING)}, status="false"'
    return States(
        title="Roll-outs",
        description="Whether the last roll-out of each deployment has passed its deadline without coming to its end.",
        queries=(
            Query(
                f"max by ({_DEPLOYMENT}) ({metrics.DEPLOYMENT_CONDITION}{{{_state(kit)}, {stuck}}})",
                f"{{{{{metrics.DEPLOYMENT.name}}}}}",
            ),
        ),
        states=ROLL_OUT,
        links=kit.runbooks("RolloutStuck"),
        no_value=NEEDS_STATE_METRICS,
    )


def restarts(kit: Kit) -> OverTime:
    """Return how often containers were restarted."""
    return OverTime(
        title="Restarts",
        description="How often each container was restarted in the last quarter of an hour; why, the table of the pods "
        "and the container's last words say.",
        queries=(kit.measured("PodCrashLooping", _CONTAINER),),
        links=kit.runbooks("PodCrashLooping", "ContainerOutOfMemory"),
        no_value=NEEDS_STATE_METRICS,
    )


def quotas(kit: Kit) -> OverTime:
    """Return the share of each quota that is used."""
    return OverTime(
        title="Quotas used",
        description="Share of each resource that the quotas of the namespace allow and that is used. When nothing is "
        "left, no pod is made any more.",
        queries=(
            kit.measured("QuotaNearlyUsed", f"{{{{{metrics.RESOURCE_QUOTA.name}}}}} {{{{{metrics.RESOURCE.name}}}}}"),
        ),
        unit=Unit.RATIO,
        limits=Limits(warning=kit.limits("QuotaNearlyUsed").warning, critical=kit.limits("QuotaExhausted").warning),
        links=kit.runbooks("QuotaNearlyUsed", "QuotaExhausted"),
        no_value=f"no quota, or no {metrics.KUBE_STATE_METRICS}",
    )


def container_memory(kit: Kit) -> OverTime:
    """Return the share of its memory limit that each container uses."""
    return OverTime(
        title="Memory of containers against their limit",
        description="Share of the memory that each container may use. At the limit the kernel ends it.",
        queries=(kit.measured("ContainerMemoryNearLimit", _CONTAINER),),
        unit=Unit.RATIO,
        limits=kit.limits("ContainerMemoryNearLimit"),
        links=kit.runbooks("ContainerMemoryNearLimit", "ContainerOutOfMemory"),
        no_value=NEEDS_CADVISOR,
    )


def container_throttling(kit: Kit) -> OverTime:
    """Return how often each container is kept from running by its limit of CPU."""
    return OverTime(
        title="Containers slowed down by their CPU limit",
        description="Share of the scheduler's periods in which each container had used up what its limit allows and "
        "had to wait, though processors may have been idle.",
        queries=(kit.measured("ContainerCpuThrottled", _CONTAINER),),
        unit=Unit.RATIO,
        limits=kit.limits("ContainerCpuThrottled"),
        links=kit.runbooks("ContainerCpuThrottled"),
        no_value=NEEDS_CADVISOR,
    )
