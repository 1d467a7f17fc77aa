"""Service level objectives of the runbook: what is promised, and which counters show whether it is kept."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from payment_catalog import http_metrics
from payment_catalog import service_metrics as service
from payment_catalog.promql import number, quote
from payment_catalog.signals import service_job
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import PaymentStatus

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_catalog.settings import Settings


class Outcome(StrEnum):
    """How an event ended, as the objective sees it."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Objective:
    """Share of events (0–1) that must be good over ``window``.

    ``events`` selects the counters of all events. ``counted`` selects the counters of those that ended as ``outcome``;
    the others are the difference. Both are PromQL selectors, to be summed after ``rate`` or ``increase``.
    """

    key: str
    title: str
    description: str
    target: float
    window: timedelta
    events: str
    counted: str
    outcome: Outcome

    @property
    def error_budget(self) -> float:
        """Share of events that may be bad."""
        return 1 - self.target


def objectives(settings: Settings) -> tuple[Objective, ...]:
    """Return the service level objectives with this file's targets."""
    return success(settings), availability(settings), latency(settings)


def success(settings: Settings) -> Objective:
    """Payments succeed, among those that reached a final status."""
    job = service_job(settings)
    return Objective(
        "success",
        "Payments succeed",
        "Payments that succeed",
        settings.objectives.success,
        settings.objectives.window,
        events=f"{service.PAYMENTS}{{{job}}}",
        counted=f"{service.PAYMENTS}{{{job}, status!={quote(PaymentStatus.SUCCEEDED)}}}",
        outcome=Outcome.BAD,
    )


def availability(settings: Settings) -> Objective:
    """Requests are answered without a 5xx status."""
    job = service_job(settings)
    return Objective(
        "availability",
        "Requests are answered",
        "Requests answered without a server error",
        settings.objectives.availability,
        settings.objectives.window,
        events=f"{http_metrics.HTTP_REQUESTS}{{{job}}}",
        counted=f'{http_metrics.HTTP_REQUESTS}{{{job}, code=~"5.."}}',
        outcome=Outcome.BAD,
    )


def latency(settings: Settings) -> Objective:
    """Requests are answered in time: the time is ``latency_bound``."""
    job = service_job(settings)
    bound = latency_bound(settings)
    duration = http_metrics.HTTP_REQUEST_DURATION
    return Objective(
        "latency",
        "Requests are answered in time",
        f"Requests answered within {number(bound)}s",
        settings.objectives.latency,
        settings.objectives.window,
        events=f"{duration.name}_count{{{job}}}",
        counted=f"{duration.bucket}{{{job}, {bucket_matcher(bound)}}}",
        outcome=Outcome.GOOD,
    )


def latency_bound(settings: Settings) -> float:
    """Return the seconds within which an answer is in time: a bucket's bound.

    It is the warning level of ``api_latency_p95``; the critical one where that is off. Where no bucket ends at the
    level, it is the next bound below: what was slower than asked for is never counted as in time.
    """
    threshold = settings.threshold(ThresholdKey.API_LATENCY_P95)
    level = threshold.critical if threshold.warning is None else threshold.warning
    bounds = http_metrics.LATENCY_BUCKETS
    return bounds[0] if level is None else bounds[max(bisect.bisect_right(bounds, level) - 1, 0)]


def bucket_matcher(bound: float) -> str:
    """Return the matcher of the bucket that ends at ``bound``.

    Client libraries write an integer as ``1`` (Go) or ``1.0`` (Python), and Prometheus 3 makes it ``1.0`` when it
    scrapes. Both are matched; a bound that is no integer has one form.
    """
    text = number(bound)
    either = text + r"(\.0)?"
    return f"le=~{quote(either)}" if bound.is_integer() else f"le={quote(text)}"
