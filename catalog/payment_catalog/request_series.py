"""Requests of both sides, recorded for dashboards: the counters have a series for each instance, route and bucket.

A panel that summed the counters itself would read tens of thousands of series. What is recorded are the rates of
``WINDOW``, a few hundred series a service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog import http_metrics, service_metrics
from payment_catalog.signal import RecordingRule
from payment_catalog.signals import INSTANCE, JOB, WINDOW, service_job

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


@dataclass(frozen=True, slots=True)
class RequestSeries:
    """The recorded series; each prints as its name."""

    by_route: RecordingRule
    by_instance: RecordingRule
    durations: RecordingRule
    gateway_durations: RecordingRule

    @property
    def rules(self) -> tuple[RecordingRule, ...]:
        """All of them."""
        return self.by_route, self.by_instance, self.durations, self.gateway_durations


def request_series(settings: Settings) -> RequestSeries:
    """Return the series of requests.

    ``by_route`` has the labels method, route and code, ``by_instance`` instance and code, ``durations`` method, route
    and le: requests a second that took no longer. ``gateway_durations`` has le, of requests to the gateway.
    """
    job = service_job(settings)
    requests, buckets = http_metrics.HTTP_REQUESTS, http_metrics.HTTP_REQUEST_DURATION.bucket
    gateway = service_metrics.GATEWAY_REQUEST_DURATION.bucket
    return RequestSeries(
        RecordingRule(
            f"job_route_code:http_requests:rate{WINDOW}",
            f"sum by ({JOB}, method, route, code) (rate({requests}{{{job}}}[{WINDOW}]))",
        ),
        RecordingRule(
            f"instance_code:http_requests:rate{WINDOW}",
            f"sum by ({INSTANCE}, code) (rate({requests}{{{job}}}[{WINDOW}]))",
        ),
        RecordingRule(
            f"job_route_le:http_request_duration_seconds_bucket:rate{WINDOW}",
            f"sum by ({JOB}, method, route, le) (rate({buckets}{{{job}}}[{WINDOW}]))",
        ),
        RecordingRule(
            f"job_le:fiuu_request_duration_seconds_bucket:rate{WINDOW}",
            f"sum by ({JOB}, le) (rate({gateway}{{{job}}}[{WINDOW}]))",
        ),
    )
