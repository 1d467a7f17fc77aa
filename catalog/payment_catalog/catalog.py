"""The catalogue: everything that the generators need, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.escalation import ESCALATION_MATRIX, EscalationRow, Team
from payment_catalog.exporter_metrics import EXPORTER_METRICS
from payment_catalog.external_metrics import EXTERNAL_METRICS, PROCESS_METRICS
from payment_catalog.fluentd_metrics import FLUENTD_METRICS
from payment_catalog.incidents import Incident, IncidentKey, incidents
from payment_catalog.kubernetes_metrics import KUBERNETES_METRICS
from payment_catalog.monitoring_incident import monitoring_blind
from payment_catalog.promql import TARGET_LABELS, Labels, PromQLError, analyse
from payment_catalog.service_metrics import SERVICE_METRICS
from payment_catalog.severities import SEVERITY_LEVELS, Priority, SeverityLevel
from payment_catalog.signals import RecordingRule, Signal, signals
from payment_catalog.slos import Objective, objectives

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.metric import Metric
    from payment_catalog.settings import Settings


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the bundle knows, for one set of settings."""

    settings: Settings
    metrics: tuple[Metric, ...]
    signals: tuple[Signal, ...]
    objectives: tuple[Objective, ...]
    severity_levels: Mapping[Priority, SeverityLevel]
    escalation: Mapping[Team, EscalationRow]
    incidents: Mapping[IncidentKey, Incident]

    def signal(self, key: str) -> Signal:
        """Return the signal of that key; raises KeyError."""
        for signal in self.signals:
            if signal.key == key:
                return signal
        raise KeyError(key)

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


def build_catalog(settings: Settings) -> Catalog:
    """Return the catalogue for ``settings``."""
    return Catalog(
        settings=settings,
        metrics=(
            *SERVICE_METRICS,
            *EXPORTER_METRICS,
            *PROCESS_METRICS,
            *EXTERNAL_METRICS,
            *KUBERNETES_METRICS,
            *FLUENTD_METRICS,
        ),
        signals=signals(settings),
        objectives=objectives(settings),
        severity_levels=SEVERITY_LEVELS,
        escalation=ESCALATION_MATRIX,
        incidents={incident.key: incident for incident in (*incidents(settings), monitoring_blind(settings))},
    )
