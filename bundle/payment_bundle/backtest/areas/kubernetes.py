"""The service's pods, its deployment and its quota, as kube-state-metrics and cAdvisor tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.leaks import MIB, SERVICE
from payment_bundle.backtest.areas.noise import busy_hours
from payment_bundle.backtest.scrape import Scrape
from payment_catalog import kubernetes_metrics as kubernetes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: The runbook's limit of memory.
MEMORY_LIMIT = 1024 * MIB
#: Bytes of memory that the namespace's quota allows.
_QUOTA = 8 * 1024 * MIB
_PERIODS_A_SECOND = 10
#: The pod of a new release, which waits.
_NEW_POD = "payment-service-next"


@dataclass(eq=False)
class Kubernetes:
    """What is so of each pod (instances, n), and of the whole (n,); 1 or 0 where not said otherwise.

    A pod is ``ready`` when its process runs and its ``/ready`` answers as well. ``restarts`` are counted at a moment.
    ``updated`` counts pods of the newest release, ``pending`` one that waits for its node; ``quota`` and
    ``throttled`` are shares. ``held`` is memory in bytes that the first pod uses beside its process.
    """

    ready: NDArray[np.float64]
    restarts: NDArray[np.float64]
    crash_looping: NDArray[np.float64]
    out_of_memory: NDArray[np.float64]
    updated: NDArray[np.float64]
    pending: NDArray[np.float64]
    stuck: NDArray[np.float64]
    quota: NDArray[np.float64]
    held: NDArray[np.float64]
    throttled: NDArray[np.float64]
    states_up: NDArray[np.float64]
    cadvisor_up: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return pods that run, a deployment that has them all, and limits that are far."""
        rng, size, instances = setting.rng("kubernetes"), setting.timeline.size, len(setting.service)
        by_day = busy_hours(setting.timeline)
        return cls(
            ready=np.ones((instances, size)),
            restarts=np.zeros((instances, size)),
            crash_looping=np.zeros((instances, size)),
            out_of_memory=np.zeros((instances, size)),
            updated=np.full(size, float(instances)),
            pending=np.zeros(size),
            stuck=np.zeros(size),
            quota=np.full(size, 0.7),
            held=40 * MIB + 30 * MIB * by_day + rng.normal(0, 2 * MIB, size),
            throttled=0.01 + 0.05 * by_day + rng.exponential(0.01, size),
            states_up=np.ones(size),
            cadvisor_up=np.ones(size),
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return the pages of both programs."""
        never = np.zeros(self.states_up.size, dtype=np.bool_)
        states = Scrape(world.setting.kube_state_metrics, self.states_up, never)
        containers = Scrape(world.setting.cadvisor, self.cadvisor_up, never)
        yield states.reachable
        yield containers.reachable
        yield from self._pods(world, states)
        yield from self._deployment(world, states)
        yield from self._container(world, containers)

    def is_ready(self, world: World) -> NDArray[np.float64]:
        """Return 1 where a pod is ready, shape (instances, n)."""
        return self.ready * world.flow.up * world.flow.ready

    def _pods(self, world: World, states: Scrape) -> Iterator[Series]:
        ready = self.is_ready(world)
        for number, target in enumerate(world.setting.service):
            pod = {"pod": _pod(target.instance)}
            container = {**pod, "container": world.setting.settings.service}
            waits = np.where(self.crash_looping[number] > 0, 1.0, np.nan)
            killed = np.where(self.out_of_memory[number] > 0, 1.0, np.nan)
            yield states.counter(kubernetes.RESTARTS, self.restarts[number], **container)
            yield states.gauge(kubernetes.POD_PHASE, np.ones(waits.size), **pod, phase="Running")
            yield states.gauge(kubernetes.POD_READY, ready[number], **pod, condition="true")
            yield states.gauge(kubernetes.WAITING_REASON, waits, **container, reason=kubernetes.CRASH_LOOP)
            yield states.gauge(kubernetes.LAST_TERMINATED_REASON, killed, **container, reason=kubernetes.OUT_OF_MEMORY)
        waiting = np.where(self.pending > 0, 1.0, np.nan)
        yield states.gauge(kubernetes.POD_PHASE, waiting, pod=_NEW_POD, phase="Pending")

    def _deployment(self, world: World, states: Scrape) -> Iterator[Series]:
        service = world.setting.settings.service
        available = np.sum(self.is_ready(world), axis=0)
        deployment = {"deployment": service}
        yield states.gauge(kubernetes.REPLICAS_WANTED, np.full(available.size, float(len(self.ready))), **deployment)
        yield states.gauge(kubernetes.REPLICAS_AVAILABLE, available, **deployment)
        yield states.gauge(kubernetes.REPLICAS_UPDATED, self.updated, **deployment)
        yield states.gauge(
            kubernetes.DEPLOYMENT_CONDITION, self.stuck, **deployment, condition=kubernetes.PROGRESSING, status="false"
        )
        quota = {"resourcequota": service, "resource": "limits.memory"}
        yield states.gauge(kubernetes.QUOTA, np.full(available.size, float(_QUOTA)), **quota, type="hard")
        yield states.gauge(kubernetes.QUOTA, np.round(self.quota * _QUOTA), **quota, type="used")

    def _container(self, world: World, containers: Scrape) -> Iterator[Series]:
        labels = {"pod": _pod(world.setting.service[0].instance), "container": world.setting.settings.service}
        memory = np.minimum(world.leaks.memory[SERVICE] + self.held, 0.99 * MEMORY_LIMIT)
        periods = np.full(memory.size, float(_PERIODS_A_SECOND * world.setting.timeline.resolution))
        yield containers.gauge(kubernetes.MEMORY_WORKING_SET, np.round(memory), **labels)
        yield containers.gauge(kubernetes.MEMORY_LIMIT, np.full(memory.size, float(MEMORY_LIMIT)), **labels)
        yield containers.counter(kubernetes.CPU_PERIODS, periods, **labels)
        throttled = np.round(periods * np.clip(self.throttled, 0, 1))
        yield containers.counter(kubernetes.CPU_THROTTLED_PERIODS, throttled, **labels)


def _pod(instance: str) -> str:
    return instance.partition(":")[0]
