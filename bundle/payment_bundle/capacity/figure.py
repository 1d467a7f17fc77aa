"""A computed figure: its name, amount, formula and where the formula comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_bundle.capacity.population import Population
    from payment_catalog.cardinality import Amount


class Key(StrEnum):
    """The figures, by the names that machines read."""

    TARGETS = "targets"
    SERVICE_SERIES = "service_series"
    EXPORTER_SERIES = "exporter_series"
    KUBERNETES_SERIES = "kubernetes_series"
    FLUENTD_SERIES = "fluentd_series"
    MONITORING_SERIES = "monitoring_series"
    RECORDED_SERIES = "recorded_series"
    SERIES = "series"
    SAMPLES = "samples_per_second"
    RULES = "rules"
    RULE_SECONDS = "rule_seconds_per_interval"
    MEMORY = "prometheus_memory_bytes"
    DISK = "prometheus_disk_bytes"
    ALERTS = "alerts_at_once"
    LOG_LINES = "log_lines_per_second"
    LOG_BYTES = "log_bytes_per_second"
    LOG_BYTES_KEPT = "log_bytes_kept"
    LOG_SHARDS = "log_shards"


class Counted(StrEnum):
    """What a figure counts."""

    PIECES = "pieces"
    PER_SECOND = "per_second"
    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"


@dataclass(frozen=True, slots=True)
class Figure:
    """``estimated`` ones rest on what was counted on other programs' pages, not on the catalogue."""

    key: Key
    title: str
    unit: Counted
    amount: Amount
    formula: str
    source: str
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """Every figure of a population, in the order in which they follow from each other."""

    population: Population
    figures: Mapping[Key, Figure]

    def amount(self, key: Key) -> Amount:
        """Return the amount of a figure."""
        return self.figures[key].amount
