"""What is watched: how many services, of what size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog import external_metrics, fluentd_metrics, kubernetes_metrics, prometheus_metrics
from payment_catalog.cardinality import EXTENTS, Amount, Extent, Extents, exactly, values_of
from payment_catalog.publishers import EXPORTER, SERVICE

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: A roll-out replaces every pod, under new names where pods name the instances; Prometheus' head keeps the series of
#: what is gone until its next truncation, two to three hours later (docs/storage.md of Prometheus).
ROLL_OUT = Amount(1, 2)
#: Pods of watched services on a node. Kubernetes allows 110 on one ("Considerations for large clusters").
PODS_ON_NODE = 30
#: Pods of a cron job that are kept: its last run; three that ended well and one that failed are Kubernetes' default.
PODS_OF_CRON_JOB = Amount(1, 4)


@dataclass(frozen=True, slots=True)
class Population:
    """So many services alike, each with its own rules; instances and exporters are those of one environment.

    ``payments_per_second`` are those of one service, all instances and environments together.
    """

    services: int
    environments: int
    instances: int
    exporters: int
    payments_per_second: float

    @property
    def places(self) -> int:
        """Services, counted in each environment."""
        return self.services * self.environments

    @property
    def pods(self) -> Amount:
        """Pods of a service in one environment, those of its cron jobs included."""
        running = exactly(self.instances + self.exporters) * ROLL_OUT
        return running + values_of(kubernetes_metrics.CRON_JOB) * PODS_OF_CRON_JOB

    @property
    def nodes(self) -> int:
        """Nodes of all environments; instances of one service are spread over nodes."""
        running = self.services * (self.instances + self.exporters)
        return self.environments * max(self.instances, -(-running // PODS_ON_NODE))

    @property
    def targets(self) -> dict[str, int]:
        """What Prometheus scrapes, by who publishes it."""
        return {
            SERVICE: self.places * self.instances,
            EXPORTER: self.places * self.exporters,
            kubernetes_metrics.KUBE_STATE_METRICS: self.environments,
            kubernetes_metrics.CADVISOR: self.nodes,
            fluentd_metrics.FLUENTD: self.nodes,
            prometheus_metrics.PROMETHEUS: 1,
            prometheus_metrics.ALERTMANAGER: 1,
        }

    def extents(self, alerts: int, groups: int) -> Extents:
        """Return every label's extent, those included that depend on how much is watched.

        Pods are those of one service in one environment; ``alerts`` and ``groups`` are those of one service's rules.
        """
        return {
            **EXTENTS,
            kubernetes_metrics.POD: Extent(self.pods, "instances, exporters, and the last runs of cron jobs"),
            fluentd_metrics.PATH: Extent(Amount(1, PODS_ON_NODE), "one log file for each container on the node"),
            external_metrics.ALERTNAME: Extent(Amount(1, alerts), "the dead man's switch; at most every alert"),
            prometheus_metrics.RULE_GROUP: Extent(exactly(groups * self.services), "the rule groups of every service"),
        }


def population(settings: Settings, services: int, instances: int | None, payments_per_second: float) -> Population:
    """Return ``services`` like the one of the settings; of ``instances``, without a number, as many as these name."""
    places = settings.environments.values()
    return Population(
        services,
        len(places),
        instances or max(len(place.service) for place in places),
        max(len(place.exporter) for place in places),
        payments_per_second,
    )
