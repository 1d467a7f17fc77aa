"""What an incident cost, as PromQL over its time range; every query is about one environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog import http_metrics
from payment_catalog import service_metrics as service
from payment_catalog.exporter_metrics import business
from payment_catalog.promql import number, quote
from payment_catalog.signals import JOB, exporter_job, service_job
from payment_catalog.slo_series import events_rate
from payment_catalog.slos import Outcome
from payment_catalog.thresholds import Side
from payment_catalog.vocabulary import PaymentStatus

if TYPE_CHECKING:
    from datetime import timedelta

    from payment_catalog.settings import Settings
    from payment_catalog.signal import Signal
    from payment_catalog.slos import Objective


@dataclass(frozen=True, slots=True)
class Scope:
    """An environment, and how long the incident was: the range that ends when the query is asked for."""

    settings: Settings
    environment: str
    duration: timedelta

    @property
    def window(self) -> str:
        """The duration as PromQL's range, in whole seconds."""
        return f"[{max(self.duration.total_seconds(), 1):.0f}s]"

    def within(self, matchers: str) -> str:
        """Return the matchers with the environment's."""
        return f"{matchers}, environment={quote(self.environment)}"


def failed_payments(scope: Scope) -> str:
    """Return how many payments failed."""
    matchers = scope.within(f"{service_job(scope.settings)}, status={quote(PaymentStatus.FAILED)}")
    return f"sum(increase({service.PAYMENTS}{{{matchers}}}{scope.window}))"


def failed_requests(scope: Scope) -> str:
    """Return how many requests were answered with a server error."""
    matchers = scope.within(f'{service_job(scope.settings)}, code=~"5.."')
    return f"sum(increase({http_metrics.HTTP_REQUESTS}{{{matchers}}}{scope.window}))"


def revenue(scope: Scope, ago: str = "") -> str:
    """Return what was earned by currency, in its units; ``ago`` shifts the range back, as ``1w`` does."""
    matchers = scope.within(exporter_job(scope.settings))
    shift = f" offset {ago}" if ago else ""
    earned = f"max by ({JOB}, currency) (increase({business.REVENUE}{{{matchers}}}{scope.window}{shift}))"
    units = f"max by (currency) ({business.CURRENCY_MINOR_UNITS}{{{matchers}}})"
    return f"sum by (currency) ({earned}) / {units}"


def worst(scope: Scope, signal: Signal, step: timedelta) -> str:
    """Return the worst values of a signal that has a threshold, by the signal's labels, of any environment."""
    function = "max" if signal.threshold is None or signal.threshold.bad is Side.ABOVE else "min"
    return f"{function}_over_time(({signal.expr}){scope.window[:-1]}:{step.total_seconds():.0f}s])"


def budget_spent(scope: Scope, objective: Objective) -> str:
    """Return which share of the error budget of a whole window was spent, by (environment, namespace, job)."""
    events, counted = (
        f"sum by ({JOB}) (increase({selector}{scope.window}))" for selector in (objective.events, objective.counted)
    )
    bad = counted if objective.outcome is Outcome.BAD else f"({events} - {counted})"
    seconds = objective.window.total_seconds()
    budget = f"({events_rate(objective, objective.window)} * {number(seconds * objective.error_budget)} > 0)"
    return f"{bad} / {budget}"
