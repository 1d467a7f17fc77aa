"""How many series a metric has: the product of how many values each of its labels takes.

A closed set counts itself. A set that is open, or of which a usual day sees a part, has its ``Extent`` here with the
reason; nowhere else is the size of a label guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from payment_catalog import external_metrics as external
from payment_catalog import fluentd_metrics as fluentd
from payment_catalog import http_metrics as http
from payment_catalog import kubernetes_metrics as kubernetes
from payment_catalog import prometheus_metrics as prometheus
from payment_catalog.exporter_metrics import host, operation, probe
from payment_catalog.metric import Label, MetricType
from payment_catalog.runtime_metrics import BUILD_INFO

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from payment_catalog.metric import Metric

#: Series of a histogram beside one for each bucket: the bucket ``+Inf``, the sum and the count.
BESIDE_BUCKETS = 3
BUCKET_LABEL = "le"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it is on a usual day, and the most that it can be."""

    usual: float
    most: float

    def __add__(self, other: Amount) -> Amount:
        """Add what comes in addition."""
        return Amount(self.usual + other.usual, self.most + other.most)

    def __mul__(self, other: Amount | float) -> Amount:
        """Multiply by how often it is there."""
        factor = other if isinstance(other, Amount) else exactly(other)
        return Amount(self.usual * factor.usual, self.most * factor.most)

    def __truediv__(self, divisor: float) -> Amount:
        """Divide by a number."""
        return Amount(self.usual / divisor, self.most / divisor)


def exactly(number: float) -> Amount:
    """Return an amount that does not vary."""
    return Amount(number, number)


def total(*amounts: Amount) -> Amount:
    """Return the sum."""
    return Amount(sum(amount.usual for amount in amounts), sum(amount.most for amount in amounts))


@dataclass(frozen=True, slots=True)
class Extent:
    """How many values a label takes beside each combination of the labels that are declared before it; ``why`` so.

    One that ``follows`` from those takes, where they are summed up, as many values as they do.
    """

    values: Amount
    why: str
    follows: bool = False


Extents: TypeAlias = "Mapping[Label, Extent]"

_FOLLOWS = Extent(exactly(1), "follows from the labels before it", follows=True)
_ONE_PROCESS = "one value a process"
_VERSION, _PYTHON = BUILD_INFO.labels

#: Labels whose number of values is not that of a closed set. What depends on how much is watched, such as pods, is
#: added where that is known.
EXTENTS: Extents = {
    http.METHOD: Extent(Amount(2, len(http.HTTP_METHODS)), "the API has GET and POST; scanners try the others"),
    http.ROUTE: Extent(
        Amount(5, 11),
        "the API has eight operations, and paths that match none with both methods; at most its six templates, four of "
        "its documentation and 'unmatched', each with every method",
    ),
    http.CODE: Extent(
        Amount(3, 20),
        "a success, a refusal of the caller's and one of ours; at most every status that the API documents, the "
        "framework's 307 and 405, 499 and 'OTHER'",
    ),
    _VERSION: Extent(exactly(1), _ONE_PROCESS),
    _PYTHON: Extent(exactly(1), _ONE_PROCESS),
    host.MOUNTPOINT: Extent(Amount(1, 64), "'/' unless the exporter's configuration, which takes 64, names others"),
    host.DEVICE: Extent(Amount(1, 8), "a pod has one interface; a host has few"),
    probe.TARGET: Extent(Amount(2, 16), "the service and the gateway; more where the configuration names them"),
    probe.ENDPOINT: Extent(Amount(2, 3), "a service has two, the gateway one"),
    operation.COLLECTOR: Extent(Amount(7, len(operation.COLLECTOR.values)), "not every house has all that is measured"),
    kubernetes.CONTAINER: Extent(exactly(1), "the pods of the bundle have one"),
    kubernetes.DEPLOYMENT: Extent(Amount(2, 3), "service and exporter; at most a worker beside them"),
    kubernetes.CRON_JOB: Extent(Amount(4, 6), "maintenance, backup, its verification and the archive; room for two"),
    kubernetes.RESOURCE_QUOTA: Extent(Amount(0, 1), "few namespaces have one"),
    kubernetes.RESOURCE: Extent(Amount(4, 12), "requests and limits of CPU and memory; room for numbers of objects"),
    kubernetes.WAITING: Extent(Amount(0, 1), "a container that runs waits for nothing"),
    kubernetes.TERMINATED: Extent(Amount(0, 1), "a container that was never restarted has none"),
    kubernetes.CONDITION: Extent(Amount(2, 3), "Available and Progressing; ReplicaFailure while it fails"),
    kubernetes.CONDITION_REASON: _FOLLOWS,
    kubernetes.UID: _FOLLOWS,
    kubernetes.CONTROL_GROUP: Extent(Amount(2, 3), "the pod's own and its container's; with some runtimes a sandbox's"),
    kubernetes.IMAGE: _FOLLOWS,
    kubernetes.CONTAINER_NAME: _FOLLOWS,
    fluentd.PLUGIN_ID: Extent(Amount(8, 16), "the outputs of fluent.conf, those that only pass on included"),
    fluentd.TYPE: _FOLLOWS,
    prometheus.ALERTMANAGER_URL: Extent(Amount(1, 3), "a cluster of three at the most"),
    prometheus.INTEGRATION: Extent(Amount(14, 20), "Alertmanager shows every kind of receiver that it knows"),
    external.ALERTSTATE: Extent(exactly(1), "an alert is in one state"),
    **dict.fromkeys(external.LABELS_OF_ALERTS, _FOLLOWS),
}


def values_of(label: Label, extents: Extents = EXTENTS) -> Amount:
    """Return how many values the label takes; raises KeyError for an open one that ``extents`` does not know."""
    known = extents.get(label)
    if known is not None:
        return known.values
    if label.values:
        return exactly(len(label.values))
    raise KeyError(f"{label.name}: how many values it takes is not declared; it is bound by {label.bound}")


def combinations(metric: Metric, kept: Collection[str], extents: Extents = EXTENTS) -> Amount:
    """Return how many combinations of the labels ``kept``, the buckets' among them, the series of ``metric`` have."""
    found = exactly(len(metric.buckets) + 1) if metric.buckets and BUCKET_LABEL in kept else exactly(1)
    summed_up = exactly(1)
    for label in metric.labels:
        if label.name not in kept:
            summed_up *= values_of(label, extents)
            continue
        found *= values_of(label, extents)
        if (known := extents.get(label)) and known.follows:
            found, summed_up = found * summed_up, exactly(1)
    return found


def series_of(metric: Metric, extents: Extents = EXTENTS) -> Amount:
    """Return how many series one publisher shows of ``metric``; of a histogram, all of its three names."""
    points = len(metric.buckets) + BESIDE_BUCKETS if metric.type is MetricType.HISTOGRAM else 1
    return combinations(metric, metric.label_names, extents) * points
