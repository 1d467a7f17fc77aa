"""The dashboard ``payment-application``: what clients see, by route; then gateway, queues, process, and the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import http_metrics, service_metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.request_series import request_series
from payment_catalog.signal import Query
from payment_catalog.signals import service_job
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.boards.application_gateway import gateway, payments_in_flight
from payment_dashboards.boards.application_inside import process, queues, rate_limiter
from payment_dashboards.boards.application_outside import outside
from payment_dashboards.boards.application_routes import distribution, routes
from payment_dashboards.choices import route
from payment_dashboards.limits import Limits
from payment_dashboards.panels.stat import Stat

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit


def application(kit: Kit) -> Board:
    """Return the dashboard."""
    failed = kit.logs("Requests that failed, in the logs", 'event: "request" and level: "ERROR"')
    return Board(
        Dashboard.APPLICATION,
        "What clients see, by route; whether payments come to an end; and what is behind it: gateway, queues, the "
        "process, and what a client finds from outside.",
        (
            Row(
                "What do clients see?",
                (
                    requests_now(kit),
                    kit.now("error_ratio", title="Requests fail"),
                    kit.now("api_latency_p95", title="Response (p95)"),
                    serving_now(kit),
                    kit.now("circuit_breaker_state", title="Circuit breaker"),
                    ready_now(kit),
                    kit.signal("error_ratio", value_links=(failed,)),
                    kit.signal("api_latency_p95"),
                    kit.signal("payment_success_ratio"),
                ),
            ),
            Row("Which route?", routes(kit)),
            Row("How long, and with which answer?", distribution(kit)),
            Row("Do payments come to an end?", payments_in_flight(kit)),
            Row("Does the gateway answer?", gateway(kit)),
            Row("What waits?", queues(kit)),
            Row("Rate limiter", rate_limiter(kit)),
            Row("Process", process(kit)),
            Row("Readiness, and the view from outside", outside(kit)),
        ),
        choices=(route(kit.settings),),
    )


def requests_now(kit: Kit) -> Stat:
    """Return the rate of requests."""
    return Stat(
        title="Requests a second",
        description="Finished requests a second of the routes that are chosen.",
        queries=(Query(f"sum({request_series(kit.settings).by_route})"),),
        unit=Unit.PER_SECOND,
        sparkline=True,
    )


def serving_now(kit: Kit) -> Stat:
    """Return the requests that are being served."""
    return Stat(
        title="Being served",
        description=http_metrics.HTTP_REQUESTS_IN_PROGRESS.description,
        queries=(Query(f"sum({http_metrics.HTTP_REQUESTS_IN_PROGRESS}{{{service_job(kit.settings)}}})"),),
        sparkline=True,
    )


def ready_now(kit: Kit) -> Stat:
    """Return the share of instances that are ready."""
    return Stat(
        title="Instances ready",
        description="Share of the instances whose /ready answers 200; others get no requests.",
        queries=(Query(f"avg({service_metrics.READY}{{{service_job(kit.settings)}}})"),),
        unit=Unit.RATIO,
        limits=Limits(Side.BELOW, warning=1, critical=0.5),
        links=kit.runbooks("ServiceNotReady"),
    )
