"""Rate, errors and duration of requests by route (the RED method), and their distribution."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog.http_metrics import CODE, HTTP_REQUEST_DURATION, METHOD, ROUTE
from payment_catalog.promql import number, quote
from payment_catalog.request_series import request_series
from payment_catalog.signal import Query
from payment_catalog.signals import service_job
from payment_catalog.slos import bucket_matcher
from payment_catalog.thresholds import Unit
from payment_dashboards.colours import CODES, STATUS_CODES
from payment_dashboards.panels.heat import Heat
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.table import Column, Table

if TYPE_CHECKING:
    from payment_catalog.settings import Settings
    from payment_dashboards.kit import Kit
    from payment_dashboards.limits import Limits
    from payment_dashboards.panels.panel import Panel

_ENDPOINT = f"{METHOD.name}, {ROUTE.name}"
_LEGEND = f"{{{{{METHOD.name}}}}} {{{{{ROUTE.name}}}}}"


def routes(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on routes."""
    return rate(kit), errors(kit), duration(kit), slowest(kit)


def distribution(kit: Kit) -> tuple[Panel, ...]:
    """Return the row on the distribution of durations and answers."""
    return quantiles(kit), durations(kit), slow(kit), answers(kit), error_codes(kit)


def _requests(settings: Settings, by: str, codes: str = "") -> str:
    matcher = f"{{{CODE.name}{codes}}}" if codes else ""
    return f"sum by ({by}) ({request_series(settings).by_route}{matcher})"


def _error_ratio(settings: Settings) -> str:
    """Return the share of each endpoint's requests that ended with a server error: 0 where none did."""
    requests, failed = _requests(settings, _ENDPOINT), _requests(settings, _ENDPOINT, '=~"5.."')
    return f"({failed} or {requests} * 0) / ({requests} > 0)"


def _quantile(settings: Settings, quantile: float, by: str = "") -> str:
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({number(quantile)}, sum by ({labels}) ({request_series(settings).durations}))"


def _latency_limits(kit: Kit) -> Limits:
    return kit.signal("api_latency_p95").limits


def _error_limits(kit: Kit) -> Limits:
    return kit.signal("error_ratio").limits


def rate(kit: Kit) -> OverTime:
    """Return the requests of each endpoint."""
    return OverTime(
        title="Requests by route",
        description="Finished requests a second by method and route template.",
        queries=(Query(_requests(kit.settings, _ENDPOINT), _LEGEND),),
        unit=Unit.PER_SECOND,
    )


def errors(kit: Kit) -> OverTime:
    """Return the share of each endpoint's requests that failed."""
    return OverTime(
        title="Error rate by route",
        description="Share of each route's requests that were answered with a 5xx status. The limits are those of all "
        "routes together.",
        queries=(Query(_error_ratio(kit.settings), _LEGEND),),
        unit=Unit.RATIO,
        limits=_error_limits(kit),
        links=kit.signal("error_ratio").links,
        value_links=(kit.logs("Requests that failed, in the logs", 'event: "request" and level: "ERROR"'),),
    )


def duration(kit: Kit) -> OverTime:
    """Return the 95th percentile of each endpoint."""
    return OverTime(
        title="Response time (p95) by route",
        description="95 of 100 requests of the route were answered within this time. The limits are those of all "
        "routes together.",
        queries=(Query(_quantile(kit.settings, 0.95, _ENDPOINT), _LEGEND),),
        unit=Unit.SECONDS,
        limits=_latency_limits(kit),
        links=kit.signal("api_latency_p95").links,
    )


def slowest(kit: Kit) -> Table:
    """Return every endpoint with its figures, the slowest first."""
    return Table(
        title="Slowest routes",
        description="Every route that is asked, with its present rate, errors and response times; the slowest first.",
        queries=(
            Query(f"{_requests(kit.settings, _ENDPOINT)} > 0"),
            Query(_error_ratio(kit.settings)),
            # Without requests a quantile is no number, and such a row says nothing.
            *(Query(f"{_quantile(kit.settings, quantile, _ENDPOINT)} >= 0") for quantile in (0.5, 0.95, 0.99)),
        ),
        columns=(
            Column(source=METHOD.name, title="Method", width=90),
            Column(source=ROUTE.name, title="Route"),
            Column(source="Value #A", title="Requests", unit=Unit.PER_SECOND, width=120),
            Column(source="Value #B", title="Errors", unit=Unit.RATIO, width=120, limits=_error_limits(kit)),
            Column(source="Value #C", title="p50", unit=Unit.SECONDS, width=120),
            Column(source="Value #D", title="p95", unit=Unit.SECONDS, width=120, limits=_latency_limits(kit)),
            Column(source="Value #E", title="p99", unit=Unit.SECONDS, width=120),
        ),
        sort="p95",
        descending=True,
        width=24,
    )


def quantiles(kit: Kit) -> OverTime:
    """Return percentiles of all that is chosen."""
    return OverTime(
        title="Response time of the chosen routes",
        description="Half, 95 and 99 of 100 requests to the routes that are chosen were answered within these times.",
        queries=tuple(
            Query(_quantile(kit.settings, quantile), f"p{number(quantile * 100)}") for quantile in (0.5, 0.95, 0.99)
        ),
        unit=Unit.SECONDS,
        limits=_latency_limits(kit),
        links=kit.signal("api_latency_p95").links,
        width=12,
    )


def durations(kit: Kit) -> Heat:
    """Return how durations are distributed."""
    return Heat(
        title="How long requests take",
        description="Requests a second by how long they took: the darker, the more. Two bands tell of two kinds of "
        "requests, which a percentile hides.",
        queries=(Query(f"sum by (le) ({request_series(kit.settings).durations})", "{{le}}"),),
        width=12,
    )


def slow(kit: Kit) -> Heat:
    """Return the requests that took long, with their traces: the few buckets that many instances can be asked for."""
    *_, bound, _ = HTTP_REQUEST_DURATION.buckets
    longer = "|".join((*(_bound(bucket) for bucket in HTTP_REQUEST_DURATION.buckets if bucket > bound), r"\+Inf"))
    buckets, job = HTTP_REQUEST_DURATION.bucket, service_job(kit.settings)
    beyond = f"sum by (le) (rate({buckets}{{{job}, le=~{quote(longer)}}}[$__rate_interval]))"
    within = f"sum(rate({buckets}{{{job}, {bucket_matcher(bound)}}}[$__rate_interval]))"
    return Heat(
        title=f"Slower than {number(bound)} s, with traces",
        description=f"Requests a second that took longer than {number(bound)} s. Dots are single requests, with the id "
        "of their trace.",
        queries=(Query(f"{beyond} - on () group_left () {within}", "{{le}}", exemplars=True),),
        interval=timedelta(minutes=1),
    )


def _bound(bucket: float) -> str:
    """Return a pattern of a bucket's bound as libraries write it: 5 or 5.0."""
    return number(bucket) + (r"(\.0)?" if bucket.is_integer() else "")


def answers(kit: Kit) -> OverTime:
    """Return the requests by kind of status."""
    return OverTime(
        title="Answers by kind of status",
        description="Requests a second by the first digit of their status code: 4xx are the client's fault, 5xx ours.",
        queries=tuple(
            Query(
                f'sum({request_series(kit.settings).by_route}{{{CODE.name}=~"{kind[0]}.."}})',
                kind,
            )
            for kind in CODES
        ),
        unit=Unit.PER_SECOND,
        colours=CODES,
        stacked=True,
    )


def error_codes(kit: Kit) -> OverTime:
    """Return the requests that were refused or failed, by status code."""
    return OverTime(
        title="Refused and failed, by status code",
        description="Requests a second that were not answered with success: 401 and 429 tell of attackers, 409 and 422 "
        "of wrong requests, 499 of clients that gave up, 502 to 504 of the gateway and the database.",
        queries=(Query(_requests(kit.settings, CODE.name, '!~"[123].."'), f"{{{{{CODE.name}}}}}"),),
        unit=Unit.PER_SECOND,
        colours=STATUS_CODES,
        value_links=(kit.logs("Requests in the logs", 'event: "request" and status >= 400'),),
        no_value="none",
    )
