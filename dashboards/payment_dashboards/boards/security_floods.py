"""Floods: far more requests than yesterday, and what is refused of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.http_metrics import NOT_REFUSED
from payment_catalog.promql import number, quote
from payment_catalog.request_series import request_series
from payment_catalog.service_metrics import RATE_LIMIT_REQUESTS
from payment_catalog.signal import Query
from payment_catalog.signals import JOB, service_job
from payment_catalog.thresholds import Unit
from payment_catalog.vocabulary import RateLimitOutcome, SecurityEvent
from payment_dashboards.board import Row
from payment_dashboards.colours import RATE_LIMIT_OUTCOMES, STATUS_CODES
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

_FLOOD = "RequestFlood"
_RATE_LIMITED, _REFUSED = "MostRequestsRateLimited", "MostRequestsRefused"


def flood_row(kit: Kit) -> Row:
    """Return the row about floods."""
    return Row(
        "Is it a flood?",
        (
            requests_against_yesterday(kit),
            client_errors(kit),
            rate_limiter(kit),
            refused_shares(kit),
        ),
    )


def share_of_flood(kit: Kit) -> Stat:
    """Return how near the requests are to as many times yesterday's as are a flood."""
    flood = kit.watching.alerts[_FLOOD]
    return Stat(
        title="Share of a flood",
        description="Requests now, as a share of so many times yesterday's that they are a flood; the alert also wants "
        "them to be many.",
        queries=(Query(f"max({flood.limit.expr} / ({flood.sides[1]} > 0))"),),
        unit=Unit.RATIO,
        limits=Limits(warning=1),
        links=kit.runbooks(_FLOOD),
        no_value="no day before",
        sparkline=True,
    )


def requests_against_yesterday(kit: Kit) -> OverTime:
    """Return requests now and yesterday, and from when on they are a flood."""
    requests = kit.catalog.signal("error_ratio").recordings[0]
    return OverTime(
        title="Requests against yesterday",
        description="Requests a second, now and a day ago. They are a flood while they are above both lines: so many "
        "times those around this time of yesterday, and as many as can be a burden.",
        queries=(
            kit.measured(_FLOOD, "requests"),
            Query(f"{requests}{{{service_job(kit.settings)}}} offset 1d", "a day ago"),
            kit.compared(_FLOOD, "", "many times yesterday's")[1],
        ),
        unit=Unit.PER_SECOND,
        limits=kit.limits(_FLOOD),
        bounds=("many times yesterday's",),
        links=kit.runbooks(_FLOOD),
        width=12,
    )


def client_errors(kit: Kit) -> OverTime:
    """Return what callers were refused, by status."""
    return OverTime(
        title="Refused requests by status",
        description="Requests a second that were answered with a 4xx status: 401 and 403 for their credentials, 404 "
        "for what does not exist, 429 by the rate limiter, 499 where the caller went away.",
        queries=(
            Query(
                f'sum by (code) ({request_series(kit.settings).by_route}{{code=~"4.."}})',
                "{{code}}",
            ),
        ),
        unit=Unit.PER_SECOND,
        links=kit.runbooks(_REFUSED),
        value_links=(kit.logs("These requests in the logs", "status: ${__field.labels.code}"),),
        colours=STATUS_CODES,
        no_value="none was refused",
        stacked=True,
        width=12,
    )


def rate_limiter(kit: Kit) -> OverTime:
    """Return what the rate limiter refused, and what it could not check."""
    alert = "RequestsRateLimited"
    unchecked = "|".join((RateLimitOutcome.UNCHECKED_ALLOWED, RateLimitOutcome.UNCHECKED_REJECTED))
    matchers = f"{service_job(kit.settings)}, outcome=~{quote(unchecked)}"
    return OverTime(
        title="Refused by the rate limiter",
        description="Requests a second that the rate limiter refused, and those that it could not check because its "
        "storage did not answer.",
        queries=(
            kit.measured(alert, "refused"),
            Query(f"sum by (outcome) (rate({RATE_LIMIT_REQUESTS}{{{matchers}}}[$__rate_interval]))", "{{outcome}}"),
        ),
        unit=Unit.PER_SECOND,
        limits=kit.limits(alert),
        links=kit.runbooks(alert),
        colours={**RATE_LIMIT_OUTCOMES, "refused": RATE_LIMIT_OUTCOMES[RateLimitOutcome.REJECTED]},
        value_links=(kit.logs("These requests in the logs", f"security_event: {quote(SecurityEvent.RATE_LIMITED)}"),),
        width=12,
    )


def _faulty(kit: Kit) -> str:
    """Return what the alert compares, from series that are recorded by route instead of every counter."""
    requests = request_series(kit.settings).by_route
    faulty = f'sum by ({JOB}) ({requests}{{code=~"4..", code!~{quote(NOT_REFUSED)}}})'
    return f"{faulty} / (sum by ({JOB}) ({requests}) > {number(kit.watching.alerts[_FLOOD].limit.value)})"


def refused_shares(kit: Kit) -> OverTime:
    """Return the share of many requests that is refused."""
    return OverTime(
        title="Share of many requests that is refused",
        description="Share that the rate limiter refuses, and share that is faulty in itself, while so many requests "
        "arrive that it matters: above the limit most callers are not served, or most requests are an attack.",
        queries=(kit.measured(_RATE_LIMITED, "by the rate limiter"), Query(_faulty(kit), "as faulty")),
        unit=Unit.RATIO,
        limits=kit.limits(_RATE_LIMITED, _REFUSED),
        links=kit.runbooks(_RATE_LIMITED, _REFUSED),
        no_value="not that many requests",
        width=12,
    )
