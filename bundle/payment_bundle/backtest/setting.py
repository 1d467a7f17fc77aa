"""Where the simulated service runs: its targets, its moments, and where chance comes from."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from payment_alerts.scenario_series import Target, alertmanager_target, exporter_target, prometheus_target
from payment_catalog.fluentd_metrics import FLUENTD_JOB
from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS
from payment_catalog.settings.places import Environment

if TYPE_CHECKING:
    from payment_bundle.backtest.timeline import Timeline
    from payment_catalog.settings import Settings


@dataclass(frozen=True)
class Setting:
    """The first environment of ``settings``, every kind of target in it, watched over ``timeline``."""

    settings: Settings
    timeline: Timeline
    seed: int

    @classmethod
    def of(cls, settings: Settings, timeline: Timeline, seed: int, instances: int = 3) -> Setting:
        """Return ``settings`` with one environment of that many instances, and one target of each other kind."""
        if instances < 1:
            raise ValueError(f"{instances} instances: at least one")
        name = next(iter(settings.environments))
        environment = Environment(
            service=tuple(f"{settings.service}-{number}:8080" for number in range(instances)),
            exporter=(f"{settings.exporter}-0:9877",),
            kube_state_metrics=("kube-state-metrics:8080",),
            kubelet=("node-0:10250",),
            fluentd=("node-0:24231",),
        )
        return cls(settings.model_copy(update={"environments": {name: environment}}), timeline, seed)

    @property
    def environment(self) -> str:
        """The environment's name."""
        return next(iter(self.settings.environments))

    @property
    def _targets(self) -> Environment:
        return self.settings.environments[self.environment]

    def _target(self, job: str, instance: str) -> Target:
        return Target(self.environment, self.settings.namespace, job, instance)

    @cached_property
    def service(self) -> tuple[Target, ...]:
        """The service's instances."""
        return tuple(self._target(self.settings.service, instance) for instance in self._targets.service)

    @property
    def exporter(self) -> Target:
        """The exporter."""
        return exporter_target(self.settings)

    @property
    def kube_state_metrics(self) -> Target:
        """Kubernetes' own exporter."""
        return self._target(KUBE_STATE_METRICS, self._targets.kube_state_metrics[0])

    @property
    def cadvisor(self) -> Target:
        """The kubelet of the node."""
        return self._target(CADVISOR, self._targets.kubelet[0])

    @property
    def fluentd(self) -> Target:
        """Fluentd on the node."""
        return self._target(FLUENTD_JOB, self._targets.fluentd[0])

    @property
    def prometheus(self) -> Target:
        """Prometheus itself."""
        return prometheus_target(self.settings)

    @property
    def alertmanager(self) -> Target:
        """The first Alertmanager."""
        return alertmanager_target(self.settings)

    def rng(self, *purpose: str | int) -> np.random.Generator:
        """Return chance for one ``purpose``: the same for the same seed, whatever else draws, and in which order."""
        key = tuple(zlib.crc32(str(part).encode()) for part in purpose)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))
