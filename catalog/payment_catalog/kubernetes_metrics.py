"""Metrics of Kubernetes: what kube-state-metrics tells about objects, and the kubelet's cAdvisor about containers.

Each program is one job in Prometheus, and the job has its name. It is scraped with ``honor_labels: true``: the
program's ``namespace``, ``pod`` and ``container`` are the object's and stay; the scrape adds ``environment``, ``job``
and ``instance``. Names and labels are those of kube-state-metrics 2 (``docs/metrics`` of its repository) and of the
kubelet's ``/metrics/cadvisor``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.promql import quote

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

KUBE_STATE_METRICS = "kube-state-metrics"
CADVISOR = "cadvisor"
#: The jobs of Prometheus in which they are scraped.
KUBERNETES_JOBS = (KUBE_STATE_METRICS, CADVISOR)

CRASH_LOOP = "CrashLoopBackOff"
OUT_OF_MEMORY = "OOMKilled"
PROGRESSING = "Progressing"

POD = Label("pod", bound="the pods of the namespace")
CONTAINER = Label("container", bound="the containers of the pods")
DEPLOYMENT = Label("deployment", bound="the deployments of the namespace")
CRON_JOB = Label("cronjob", bound="the cron jobs of the namespace")
RESOURCE_QUOTA = Label("resourcequota", bound="the quotas of the namespace")
RESOURCE = Label("resource", bound="the resources that a quota limits")
STATUS = Label("status", ("true", "false", "unknown"))

WAITING = Label("reason", bound="the kubelet's reasons: CrashLoopBackOff, ImagePullBackOff, ...")
TERMINATED = Label("reason", bound="the reasons of the container runtime: OOMKilled, Error, Completed, ...")
CONDITION = Label("condition", bound="Available, Progressing and ReplicaFailure")
CONDITION_REASON = Label("reason", bound="the deployment controller's reasons; older releases have no such label")
UID = Label("uid", bound="one for each pod")
CONTROL_GROUP = Label("id", bound="one for each control group")
IMAGE = Label("image", bound="one for each container")
CONTAINER_NAME = Label("name", bound="one for each container")

_OF_POD = (POD, UID)
_OF_CONTAINER = (CONTAINER, *_OF_POD)

RESTARTS = Metric(
    "kube_pod_container_status_restarts_total",
    MetricType.COUNTER,
    "How often the container has been restarted, as its pod's status has it.",
    KUBE_STATE_METRICS,
    _OF_CONTAINER,
)
WAITING_REASON = Metric(
    "kube_pod_container_status_waiting_reason",
    MetricType.GAUGE,
    "1 for the reason why the container waits to run.",
    KUBE_STATE_METRICS,
    (*_OF_CONTAINER, WAITING),
    conditional="Published while the container waits.",
)
LAST_TERMINATED_REASON = Metric(
    "kube_pod_container_status_last_terminated_reason",
    MetricType.GAUGE,
    "1 for the reason why the container ended the last time.",
    KUBE_STATE_METRICS,
    (*_OF_CONTAINER, TERMINATED),
    conditional="Published once the container has been restarted.",
)
POD_PHASE = Metric(
    "kube_pod_status_phase",
    MetricType.GAUGE,
    "1 for the phase that the pod is in, 0 for the others.",
    KUBE_STATE_METRICS,
    (*_OF_POD, Label("phase", ("Pending", "Running", "Succeeded", "Failed", "Unknown"))),
)
POD_READY = Metric(
    "kube_pod_status_ready",
    MetricType.GAUGE,
    "1 for what the pod's condition Ready is, 0 for the others.",
    KUBE_STATE_METRICS,
    (*_OF_POD, Label("condition", STATUS.values)),
    conditional="Absent until the pod has a node.",
)
REPLICAS_WANTED = Metric(
    "kube_deployment_spec_replicas",
    MetricType.GAUGE,
    "Pods that the deployment is to have.",
    KUBE_STATE_METRICS,
    (DEPLOYMENT,),
)
REPLICAS_AVAILABLE = Metric(
    "kube_deployment_status_replicas_available",
    MetricType.GAUGE,
    "Pods of the deployment that are ready, and have been for long enough.",
    KUBE_STATE_METRICS,
    (DEPLOYMENT,),
)
REPLICAS_UPDATED = Metric(
    "kube_deployment_status_replicas_updated",
    MetricType.GAUGE,
    "Pods of the deployment that have its newest template.",
    KUBE_STATE_METRICS,
    (DEPLOYMENT,),
)
DEPLOYMENT_CONDITION = Metric(
    "kube_deployment_status_condition",
    MetricType.GAUGE,
    "1 for what a condition of the deployment is, 0 for what it is not.",
    KUBE_STATE_METRICS,
    (DEPLOYMENT, CONDITION, STATUS, CONDITION_REASON),
)
CRON_JOB_CREATED = Metric(
    "kube_cronjob_created",
    MetricType.GAUGE,
    "When the cron job was made, as Unix time.",
    KUBE_STATE_METRICS,
    (CRON_JOB,),
)
CRON_JOB_LAST_SUCCESS = Metric(
    "kube_cronjob_status_last_successful_time",
    MetricType.GAUGE,
    "When a job of the cron job last ended well, as Unix time.",
    KUBE_STATE_METRICS,
    (CRON_JOB,),
    conditional="Published once one has ended well.",
)
QUOTA = Metric(
    "kube_resourcequota",
    MetricType.GAUGE,
    "What a quota allows of a resource, and what the namespace uses of it; in cores, bytes or pieces.",
    KUBE_STATE_METRICS,
    (RESOURCE_QUOTA, RESOURCE, Label("type", ("hard", "used"))),
    conditional="Published where the namespace has a quota.",
)

_OF_CONTROL_GROUP = (CONTAINER, POD, CONTROL_GROUP, IMAGE, CONTAINER_NAME)
LIMITED = "Published where the container has a limit of CPU."

MEMORY_WORKING_SET = Metric(
    "container_memory_working_set_bytes",
    MetricType.GAUGE,
    "Memory that the container uses, without page cache that can be dropped. A pod as a whole has container=''.",
    CADVISOR,
    _OF_CONTROL_GROUP,
)
MEMORY_LIMIT = Metric(
    "container_spec_memory_limit_bytes",
    MetricType.GAUGE,
    "Memory that the container may use; 0 without a limit.",
    CADVISOR,
    _OF_CONTROL_GROUP,
)
CPU_PERIODS = Metric(
    "container_cpu_cfs_periods_total",
    MetricType.COUNTER,
    "Periods of the scheduler in which the container wanted to run.",
    CADVISOR,
    _OF_CONTROL_GROUP,
    conditional=LIMITED,
)
CPU_THROTTLED_PERIODS = Metric(
    "container_cpu_cfs_throttled_periods_total",
    MetricType.COUNTER,
    "Periods of the scheduler in which the container had used up what its limit allows.",
    CADVISOR,
    _OF_CONTROL_GROUP,
    conditional=LIMITED,
)

KUBERNETES_METRICS: tuple[Metric, ...] = (
    RESTARTS,
    WAITING_REASON,
    LAST_TERMINATED_REASON,
    POD_PHASE,
    POD_READY,
    REPLICAS_WANTED,
    REPLICAS_AVAILABLE,
    REPLICAS_UPDATED,
    DEPLOYMENT_CONDITION,
    CRON_JOB_CREATED,
    CRON_JOB_LAST_SUCCESS,
    QUOTA,
    MEMORY_WORKING_SET,
    MEMORY_LIMIT,
    CPU_PERIODS,
    CPU_THROTTLED_PERIODS,
)


def namespace_of(job: str, settings: Settings) -> str:
    """Return the matchers of what the program of that job tells about the service's namespace."""
    return f"job={quote(job)}, namespace={quote(settings.namespace)}"
