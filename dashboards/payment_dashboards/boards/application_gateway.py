"""The Fiuu API as the service finds it, and what becomes of operations whose outcome it did not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import service_metrics as metrics
from payment_catalog.promql import number
from payment_catalog.request_series import request_series
from payment_catalog.signal import Query
from payment_catalog.signals import service_job
from payment_catalog.thresholds import Unit
from payment_dashboards.colours import CALLBACK_RESULTS, GATEWAY_OUTCOMES, RECONCILIATION_RESULTS
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.states import States
from payment_dashboards.states import BREAKER_STATES

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_catalog.settings import Settings
    from payment_dashboards.kit import Kit
    from payment_dashboards.panels.panel import Link, Panel


def payments_in_flight(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on payments that do not end, and on outcomes that nobody knows."""
    return asked_and_ended(kit), unresolved(kit), oldest_unresolved(kit), reconciliations(kit), callbacks(kit)


def gateway(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on requests to the gateway."""
    return requests(kit), durations(kit), retries(kit), breaker(kit)


def _events(settings: Settings, metric: Metric, by: str) -> Query:
    """Return how often a second ``metric`` counts, by its label ``by``."""
    events = f"rate({metric}{{{service_job(settings)}}}[$__rate_interval])"
    return Query(f"sum by ({by}) ({events})", f"{{{{{by}}}}}")


def _breaker_pages(kit: Kit) -> tuple[Link, ...]:
    return kit.states("circuit_breaker_state").links


def asked_and_ended(kit: Kit) -> OverTime:
    """Return the payments that are asked for, those that end, and what the gateway answers."""
    asked, ended, answered = kit.watching.alerts["NoPaymentProcessed"].limits
    return OverTime(
        title="Payments asked for, and ended",
        description="Requests for a payment, payments that reached a final status, and operations that the gateway "
        "accepted or refused, in 15 minutes. Asked for and never ended: no payment is processed.",
        queries=(
            Query(asked.expr, "asked for"),
            Query(ended.expr, "ended"),
            Query(answered.expr, "answered by the gateway"),
        ),
        links=kit.runbooks("NoPaymentProcessed"),
    )


def unresolved(kit: Kit) -> OverTime:
    """Return the operations of unknown outcome."""
    return OverTime(
        title="Operations of unknown outcome",
        description=f"{metrics.UNRESOLVED_OPERATIONS.description} It is bad when they pile up: above the limit and "
        "twice as many as half an hour before.",
        queries=(kit.measured("GatewayOperationsPileUp", "{{environment}}"),),
        limits=kit.limits("GatewayOperationsPileUp"),
        links=kit.runbooks("GatewayOperationsPileUp"),
    )


def oldest_unresolved(kit: Kit) -> OverTime:
    """Return for how long an outcome is unknown."""
    return OverTime(
        title="Oldest operation of unknown outcome",
        description=metrics.UNRESOLVED_OPERATIONS_AGE.description,
        queries=(kit.measured("PaymentOutcomeUnknown", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("PaymentOutcomeUnknown"),
        links=kit.runbooks("PaymentOutcomeUnknown"),
    )


def reconciliations(kit: Kit) -> OverTime:
    """Return what asking the gateway brings."""
    return OverTime(
        title="Reconciliation by result",
        description="Questions to the gateway about operations of unknown outcome, a second, by what they brought. A "
        "mismatch is money that somebody has to look for.",
        queries=(_events(kit.settings, metrics.RECONCILIATIONS, "result"),),
        unit=Unit.EVENTS_PER_SECOND,
        value_links=(kit.logs("Disagreements in the logs", 'event: "gateway has another amount"'),),
        colours=RECONCILIATION_RESULTS,
        stacked=True,
        width=12,
    )


def callbacks(kit: Kit) -> OverTime:
    """Return what becomes of callbacks."""
    return OverTime(
        title="Callbacks by result",
        description="Callbacks of the gateway a second, by what became of them. Bad signatures are a wrong secret or "
        "somebody else; without callbacks, pending payments wait for the reconciliation.",
        queries=(_events(kit.settings, metrics.GATEWAY_CALLBACKS, "result"),),
        unit=Unit.EVENTS_PER_SECOND,
        colours=CALLBACK_RESULTS,
        stacked=True,
        width=12,
    )


def requests(kit: Kit) -> OverTime:
    """Return the requests to the gateway by outcome."""
    return OverTime(
        title="Requests to the gateway by outcome",
        description="Requests to the Fiuu API a second, by how they ended. After an error or a time-out nobody knows "
        "whether money moved; where the breaker is open, nothing is sent.",
        queries=(_events(kit.settings, metrics.GATEWAY_REQUESTS, "outcome"),),
        unit=Unit.PER_SECOND,
        links=(*_breaker_pages(kit), *kit.runbooks("GatewayUnreachable")),
        colours=GATEWAY_OUTCOMES,
        stacked=True,
        width=12,
    )


def durations(kit: Kit) -> OverTime:
    """Return how long the gateway takes."""
    rates = f"sum by (le) ({request_series(kit.settings).gateway_durations})"
    return OverTime(
        title="Response time of the gateway",
        description="Half, 95 and 99 of 100 requests that were sent to the Fiuu API were answered, or given up, within "
        "these times. A customer who pays waits at least as long.",
        queries=tuple(
            Query(f"histogram_quantile({number(quantile)}, {rates})", f"p{number(quantile * 100)}")
            for quantile in (0.5, 0.95, 0.99)
        ),
        unit=Unit.SECONDS,
        width=12,
    )


def retries(kit: Kit) -> OverTime:
    """Return the requests that are sent again."""
    return OverTime(
        title="Requests sent again",
        description=f"{metrics.GATEWAY_RETRIES.description} Many of them are load that the gateway does not need now.",
        queries=(_events(kit.settings, metrics.GATEWAY_RETRIES, "operation"),),
        unit=Unit.PER_SECOND,
        value_links=(kit.logs("Retries in the logs", 'event: "gateway is asked again"'),),
        stacked=True,
        width=12,
    )


def breaker(kit: Kit) -> States:
    """Return the state of each instance's circuit breaker."""
    return States(
        title="Circuit breaker of each instance",
        description="While it is open the instance refuses payments at once, instead of letting customers wait for a "
        "gateway that does not answer.",
        queries=(Query(f"max by (instance) ({metrics.BREAKER_STATE}{{{service_job(kit.settings)}}})", "{{instance}}"),),
        links=_breaker_pages(kit),
        value_links=(kit.logs("Changes in the logs", 'event: "circuit breaker changed"'),),
        states=BREAKER_STATES,
        width=12,
    )
