"""Pods that crash, are killed, or do not come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.kubernetes import MEMORY_LIMIT
from payment_bundle.backtest.areas.leaks import SERVICE
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import once_every, rising, setting_in, steps
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_SERVICE = IncidentKey.SERVICE_UNAVAILABLE
#: How long a container that is to crash runs, and the longest that the kubelet then waits.
_RUNS, _WAITS = timedelta(seconds=30), timedelta(minutes=5)


def withdraw(world: World, when: slice, count: int) -> None:
    """Let so many of the last pods, but never all, not be ready: the others get their traffic."""
    pods = len(world.kubernetes.ready)
    others = max(pods - count, 1)
    world.kubernetes.ready[others:, when] = 0
    world.flow.reached[others:, when] = 0
    world.flow.reached[:others, when] *= pods / others


def crashing(*, everywhere: bool) -> Strike:
    """Return a container that ends soon after each start: the last one's, or those of all pods."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        kubernetes, flow = world.kubernetes, world.flow
        pods = slice(None) if everywhere else slice(len(flow.up) - 1, None)
        flow.up[pods, when] = 0
        kubernetes.crash_looping[pods, when] = 1
        for start in once_every(world, when, _RUNS + _WAITS):
            runs = slice(start, min(start + steps(world, _RUNS), when.stop))
            kubernetes.restarts[pods, start] = 1
            kubernetes.crash_looping[pods, runs] = 0

    return strike


def killed(times: int) -> Strike:
    """Return a first pod that takes all the memory it may and is killed for it, so many times."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        kubernetes = world.kubernetes
        kubernetes.out_of_memory[0, when] = 1
        period = (when.stop - when.start) // times
        for start in range(when.start, when.start + times * period, period):
            kubernetes.restarts[0, start] = 1
            world.flow.up[0, start] = 0
            if times > 1:
                span = slice(start + 1, start + period)
                grown = rising(world, span, period * timedelta(seconds=world.setting.timeline.resolution))
                held = kubernetes.held
                held[span] += (MEMORY_LIMIT - world.leaks.memory[SERVICE, span] - held[span]) * grown**2

    return strike


def not_ready(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let the last pod run without becoming ready: it gets no traffic."""
    del rng
    withdraw(world, when, 1)


def stuck(*, lost: int) -> Strike:
    """Return a roll-out whose new pod waits, with so many of the old ones already gone."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        kubernetes = world.kubernetes
        kubernetes.updated[when] = 1
        kubernetes.pending[when] = 1
        kubernetes.stuck[when] = 1
        withdraw(world, when, lost)

    return strike


def throttled(share: float, delay: float = 1) -> Strike:
    """Return containers that are kept from running in that ``share`` of the scheduler's periods."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        force = setting_in(world, when, rng, 3 * _MINUTE, 0.05)
        world.kubernetes.throttled[when] = np.maximum(world.kubernetes.throttled[when], share * force)
        world.flow.delay[when] *= 1 + (delay - 1) * force

    return strike


def quota_used(share: float) -> Strike:
    """Return a quota of which that ``share`` is used."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        world.kubernetes.quota[when] = share

    return strike


def memory_near_limit(share: float) -> Strike:
    """Return a container that uses that ``share`` of the memory it may."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        risen = rising(world, when, 30 * _MINUTE)
        kubernetes = world.kubernetes
        beside = world.leaks.memory[SERVICE, when] + kubernetes.held[when]
        wanted = MEMORY_LIMIT * (share + rng.normal(0, 0.004, risen.size))
        kubernetes.held[when] += (wanted - beside) * risen

    return strike


def states_missing(world: World, when: slice, rng: np.random.Generator) -> None:
    """Take away both programs that tell about Kubernetes."""
    del rng
    world.kubernetes.states_up[when] = 0
    world.kubernetes.cadvisor_up[when] = 0


_CRASH_LOOP = Kind(
    "crash-loop",
    "Pods crash again and again",
    _SERVICE,
    frozenset({"PodCrashLooping", "PaymentServiceInstanceDown", "PodNotReady", "ReplicasMissing"}),
    {
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, crashing(everywhere=False)),
        Strength.OUTAGE: Level(
            Priority.P0,
            40 * _MINUTE,
            crashing(everywhere=True),
            hours=Hours.OFFICE,
            alerts=frozenset(
                {"PaymentServiceDown", "PodCrashLooping", "ServiceUnreachable", "PodNotReady", "ReplicasMissing"}
            ),
        ),
    },
    instances=2,
)
_OUT_OF_MEMORY = Kind(
    "out-of-memory",
    "A container is killed for its memory",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"ContainerOutOfMemory", "ContainerMemoryNearLimit"}),
    {
        Strength.NOTICEABLE: Level(Priority.P3, 20 * _MINUTE, killed(1)),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, killed(5)),
    },
)
_NOT_READY = Kind(
    "pod-not-ready",
    "A pod runs and does not become ready",
    _SERVICE,
    frozenset({"PodNotReady", "ReplicasMissing"}),
    {
        Strength.SLIGHT: Level(None, 3 * _MINUTE, not_ready),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, not_ready),
    },
    instances=2,
)
_STUCK = Kind(
    "rollout-stuck",
    "A roll-out does not go on",
    _SERVICE,
    frozenset({"RolloutStuck", "PodNotReady", "ReplicasMissing"}),
    {
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, stuck(lost=0), hours=Hours.OFFICE),
        Strength.SEVERE: Level(Priority.P2, _HOUR, stuck(lost=1), hours=Hours.OFFICE),
    },
    instances=2,
)
_QUOTA = Kind(
    "quota",
    "The namespace's quota is used up",
    _SERVICE,
    frozenset({"QuotaNearlyUsed", "QuotaExhausted"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, quota_used(0.86)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, quota_used(0.96)),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, quota_used(1)),
    },
)
_THROTTLED = Kind(
    "cpu-throttled",
    "Containers are kept from running by their limit",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"ContainerCpuThrottled", "ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, throttled(0.17)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, throttled(0.4)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, throttled(0.8, 4), spends=frozenset({"latency"}), hours=Hours.BUSY),
    },
)
_MEMORY = Kind(
    "container-memory",
    "A container nears its limit of memory",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"ContainerMemoryNearLimit"}),
    {
        Strength.SLIGHT: Level(None, 2 * _HOUR, memory_near_limit(0.82)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, memory_near_limit(0.95)),
    },
)
_STATES = Kind(
    "kubernetes-metrics-missing",
    "Nobody tells about pods and containers",
    _SERVICE,
    frozenset({"KubernetesMetricsMissing"}),
    {
        Strength.SLIGHT: Level(None, _MINUTE, states_missing),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, states_missing),
    },
)

KINDS = (_CRASH_LOOP, _OUT_OF_MEMORY, _NOT_READY, _STUCK, _QUOTA, _THROTTLED, _MEMORY, _STATES)
