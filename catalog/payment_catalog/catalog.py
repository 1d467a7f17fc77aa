"""The catalogue: everything that the generators need, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from payment_catalog.escalation import ESCALATION_MATRIX, EscalationRow, Team
from payment_catalog.exporter_metrics import EXPORTER_METRICS
from payment_catalog.external_metrics import EXTERNAL_METRICS, PROCESS_METRICS
from payment_catalog.fluentd_metrics import FLUENTD_METRICS
from payment_catalog.incidents import incidents
from payment_catalog.kubernetes_metrics import KUBERNETES_METRICS
from payment_catalog.monitoring_incident import monitoring_blind
from payment_catalog.promql import TARGET_LABELS, Labels, PromQLError, analyse
from payment_catalog.service_metrics import SERVICE_METRICS
from payment_catalog.severities import SEVERITY_LEVELS, Priority, SeverityLevel
from payment_catalog.signals import signals
from payment_catalog.slos import Objective, objectives

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.addition import Addition
    from payment_catalog.incident import AnyIncidentKey, Incident
    from payment_catalog.metric import Metric
    from payment_catalog.settings import Settings
    from payment_catalog.signal import RecordingRule, Signal

_PartT = TypeVar("_PartT")


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the bundle knows, for one set of settings; ``additions`` are what extensions add, in all of it."""

    settings: Settings
    metrics: tuple[Metric, ...]
    signals: tuple[Signal, ...]
    objectives: tuple[Objective, ...]
    severity_levels: Mapping[Priority, SeverityLevel]
    escalation: Mapping[Team, EscalationRow]
    incidents: Mapping[AnyIncidentKey, Incident]
    additions: tuple[Addition, ...] = ()

    def signal(self, key: str) -> Signal:
        """Return the signal of that key; raises KeyError."""
        for signal in self.signals:
            if signal.key == key:
                return signal
        raise KeyError(key)

    def parts(self, kind: type[_PartT]) -> tuple[_PartT, ...]:
        """Return what extensions add of a room's ``kind``, in the order of the settings."""
        return tuple(part for addition in self.additions for part in addition.parts if isinstance(part, kind))

    @property
    def recordings(self) -> tuple[RecordingRule, ...]:
        """Every recording rule, in an order in which each stands after those it reads."""
        return tuple(rule for signal in self.signals for rule in signal.recordings)

    def declared(self, more: Iterable[RecordingRule] = ()) -> dict[str, Labels]:
        """Return each series name that an expression may use, with the labels that it carries.

        ``more`` are recording rules beside those of the signals, each after those that it reads.
        """
        names: dict[str, Labels] = {}
        for metric in self.metrics:
            for name, labels in metric.series_names.items():
                names[name] = TARGET_LABELS | frozenset(labels)
        for rule in (*self.recordings, *more):
            try:
                names[rule.record] = analyse(rule.expr, names).labels
            except PromQLError:
                names[rule.record] = TARGET_LABELS
        return names


def build_catalog(settings: Settings, additions: Iterable[Addition] = ()) -> Catalog:
    """Return the catalogue for ``settings``, with what extensions add; of two incidents with one key the first."""
    additions = tuple(additions)
    known: dict[AnyIncidentKey, Incident] = {}
    for incident in (
        *incidents(settings),
        monitoring_blind(settings),
        *(found for addition in additions for found in addition.incidents),
    ):
        known.setdefault(incident.key, incident)
    return Catalog(
        settings=settings,
        metrics=(
            *SERVICE_METRICS,
            *EXPORTER_METRICS,
            *PROCESS_METRICS,
            *EXTERNAL_METRICS,
            *KUBERNETES_METRICS,
            *FLUENTD_METRICS,
            *(metric for addition in additions for metric in addition.metrics),
        ),
        signals=signals(settings),
        objectives=objectives(settings),
        severity_levels=SEVERITY_LEVELS,
        escalation=ESCALATION_MATRIX,
        incidents=known,
        additions=additions,
    )
