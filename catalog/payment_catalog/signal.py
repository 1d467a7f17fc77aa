"""What a key metric is: its queries, the series that Prometheus computes for it, its limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payment_catalog.thresholds import Threshold, Unit


class Section(StrEnum):
    """The runbook's three kinds of key metrics."""

    APPLICATION = "Application"
    BUSINESS = "Business"
    INFRASTRUCTURE = "Infrastructure"


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """A series that Prometheus computes and stores under ``record``."""

    record: str
    expr: str

    def __str__(self) -> str:
        """Return the name, so that the series can stand in a PromQL f-string."""
        return self.record


@dataclass(frozen=True, slots=True)
class Query:
    """An expression whose result a panel draws; ``legend`` is Grafana's format of a series' name.

    ``exemplars`` asks for the traces of single requests too, where a histogram keeps them.
    """

    expr: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """A key metric of the runbook.

    ``queries`` give values in ``unit``; where there is a ``threshold``, the first is the one it bounds.
    """

    key: str
    title: str
    description: str
    section: Section
    unit: Unit
    queries: tuple[Query, ...]
    recordings: tuple[RecordingRule, ...] = ()
    threshold: Threshold | None = None

    @property
    def expr(self) -> str:
        """The expression that the threshold bounds."""
        return self.queries[0].expr
