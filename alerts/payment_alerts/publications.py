"""What the service and the exporter of a scenario publish, and which of the expected metrics they lack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payment_alerts.published_metrics import COLLECTED, SCRAPED
from payment_alerts.scenario_series import Target, absent, exporter_target, service_target, steady, then
from payment_catalog import service_metrics
from payment_catalog.exporter_metrics import operation
from payment_catalog.external_metrics import UP
from payment_catalog.publishers import SERVICE
from payment_catalog.vocabulary import RateLimitOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.alert import InputSeries
    from payment_alerts.published_metrics import Expected
    from payment_catalog.settings import Settings

#: What demands other metrics is expected itself.
DEMANDING = frozenset({service_metrics.RATE_LIMIT_REQUESTS, operation.COLLECTOR_SUCCESS})


@dataclass(frozen=True, slots=True)
class Publications:
    """Makes the series of a service and an exporter, for ``minutes``; ``expected`` is what they should publish."""

    service: Target
    exporter: Target
    expected: tuple[Expected, ...]
    minutes: int

    @classmethod
    def of(cls, settings: Settings, expected: tuple[Expected, ...], minutes: int) -> Publications:
        """Return those of the first service and the first exporter."""
        return cls(service_target(settings), exporter_target(settings), expected, minutes)

    @property
    def second(self) -> Publications:
        """The same of another instance of each."""
        return replace(self, service=self.service.second, exporter=self.exporter.second)

    def up(self, value: int = 1) -> tuple[InputSeries, ...]:
        """Return whether both answer."""
        return tuple(target.series(UP.name, steady(value, self.minutes)) for target in (self.service, self.exporter))

    def demands(self, requests: int = 1, success: int = 1) -> tuple[InputSeries, ...]:
        """Return how many requests there were, and whether the collectors have succeeded."""
        collectors = sorted({found.collector for found in self.expected if found.demanded_by == COLLECTED})
        decided = {RateLimitOutcome.ALLOWED: requests, RateLimitOutcome.REJECTED: 0}
        return (
            *(
                self.service.series(
                    service_metrics.RATE_LIMIT_REQUESTS.name, steady(count, self.minutes), outcome=outcome
                )
                for outcome, count in decided.items()
            ),
            *(
                self.exporter.series(
                    operation.COLLECTOR_SUCCESS.name, steady(success, self.minutes), collector=collector
                )
                for collector in collectors
            ),
        )

    def published(self, after: int = 0) -> tuple[InputSeries, ...]:
        """Return every expected metric but what demands others, from minute ``after`` on."""
        values = steady(1, self.minutes)
        values = then(absent(after), values) if after else values
        return tuple(self._series(found, values) for found in self.expected if found.metric not in DEMANDING)

    def published_at_once(self) -> tuple[InputSeries, ...]:
        """Return what is published without a request and without a collector, but what demands others."""
        return replace(
            self, expected=tuple(found for found in self.expected if found.demanded_by == SCRAPED)
        ).published()

    def published_elsewhere(self) -> tuple[InputSeries, ...]:
        """Return every expected metric, of another environment, another namespace and another program."""
        changes: tuple[dict[str, str], ...] = (
            {"environment": "other"},
            {"namespace": "other"},
            {"job": "another-program"},
        )
        others = (
            replace(self, service=replace(self.service, **change), exporter=replace(self.exporter, **change))
            for change in changes
        )
        return tuple(series for other in others for series in (*other.demands(), *other.published()))

    def lacking(self, metrics: Iterable[Expected]) -> tuple[dict[str, str], ...]:
        """Return the labels of the alerts on ``metrics``."""
        return tuple(
            {
                **self._target(found).job_labels,
                "metric": found.metric.name,
                **({operation.COLLECTOR.name: found.collector} if found.collector else {}),
            }
            for found in metrics
        )

    def _target(self, found: Expected) -> Target:
        return self.service if found.metric.published_by == SERVICE else self.exporter

    def _series(self, found: Expected, values: str) -> InputSeries:
        labels = {label.name: label.values[0] if label.values else "any" for label in found.metric.labels}
        return self._target(found).series(found.series, values, **labels)
