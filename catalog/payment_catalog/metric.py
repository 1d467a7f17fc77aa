"""The declaration of a metric: its name, type, labels and who publishes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class MetricType(StrEnum):
    """The types of the OpenMetrics text format that this project uses."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    UNKNOWN = "unknown"


class WorkerAggregation(StrEnum):
    """How the values of a gauge become one, where several worker processes serve; dead workers are left out."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Label:
    """A label and the values it can take.

    ``values`` is the closed set where there is one. Where it is empty, ``bound`` says what keeps the
    number of values small.
    """

    name: str
    values: tuple[str, ...] = ()
    bound: str = ""

    def __post_init__(self) -> None:
        if bool(self.values) == bool(self.bound):
            raise ValueError(f"label {self.name}: declare either its values or what bounds them")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as it is declared, published and queried.

    ``name`` is the name that PromQL uses (a counter's ends in ``_total``). ``published_by`` is the
    program whose ``/metrics`` shows it; ``library`` names the package that produces it where that is
    not this project. A ``conditional`` text says when a healthy publisher does not show the metric.
    ``workers`` is for gauges: how the values of several worker processes become one.
    """

    name: str
    type: MetricType
    description: str
    published_by: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    library: str = ""
    conditional: str = ""
    workers: WorkerAggregation = WorkerAggregation.SUM
    label_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if (self.type is MetricType.COUNTER) != self.name.endswith("_total"):
            raise ValueError(f"{self.name}: counters, and only counters, end in _total")
        if (self.type is MetricType.HISTOGRAM) != bool(self.buckets):
            raise ValueError(f"{self.name}: histograms, and only histograms, have buckets")
        object.__setattr__(self, "label_names", tuple(label.name for label in self.labels))

    def __str__(self) -> str:
        """Return the name, so that a metric can stand in a PromQL f-string."""
        return self.name

    @property
    def bucket(self) -> str:
        """Name of the cumulative bucket series of a histogram."""
        return f"{self.name}_bucket"

    @property
    def series_names(self) -> dict[str, tuple[str, ...]]:
        """Each name that PromQL can select, with the labels that it carries."""
        if self.type is MetricType.HISTOGRAM:
            return {
                self.bucket: (*self.label_names, "le"),
                f"{self.name}_count": self.label_names,
                f"{self.name}_sum": self.label_names,
            }
        return {self.name: self.label_names}
