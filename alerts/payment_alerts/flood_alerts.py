"""Alerts on floods: far more requests than usual, and many of which most are refused.

Anybody can send requests: none of these wakes somebody at night. What a flood does to customers, the alerts on latency,
errors and availability say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario, outlined
from payment_alerts.scenario_series import Target, absent, rising, selector, service_target, steady, then
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, WINDOW, service_job
from payment_catalog.vocabulary import LogPattern, RateLimitOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.catalog import Catalog

#: Requests a second from which on many can be a burden; a single instance answers more.
MANY = 50
#: So many times the usual is no campaign and no payday.
TIMES = 5
#: The usual is the mean of these hours, around the same time of yesterday.
USUAL = timedelta(hours=6)
YESTERDAY = timedelta(days=1) - USUAL / 2
#: Share of the requests that are refused; below it most callers are served.
SHARE = 0.5

_AT = timedelta(minutes=30)
_MINUTES = 30
_MINUTE = timedelta(minutes=1)
#: A day and more need not be gone through by the minute.
_OUTLINE = 3 * _MINUTE


def flood_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on floods."""
    target = service_target(catalog.settings)
    job = service_job(catalog.settings)
    requests = catalog.signal("error_ratio").recordings[0]
    return AlertGroup(
        "payment-floods",
        "floods.yaml",
        (
            request_flood(f"{requests}{{{job}}}", requests.record, target),
            most_requests_rate_limited(job, target),
            most_requests_refused(job, target),
        ),
        dashboard=Dashboard.SECURITY,
    )


def request_flood(requests: str, record: str, target: Target) -> Alert:
    """Far more requests than at the same time of yesterday."""
    pending = timedelta(minutes=6)
    at = timedelta(hours=28)
    usual, limit = 20, 20 * TIMES

    def then_(*courses: tuple[float, float]) -> str:
        """Return requests a second, each for so many hours, with the last of them at the time of the check."""
        return then(*(steady(level, round(hours * 60) - 1) for level, hours in courses))

    def lately(level: float, hours: float, before: float = usual) -> str:
        return then_((before, 28 - hours), (level, hours + 1))

    floods = {
        "ten-times-for-eight-hours": lately(usual * 10, 8),
        "just-too-many": lately(limit * 1.02, 1),
        "just-enough-requests": lately(MANY * 1.02, 1, before=1),
        "yesterday-had-one-too": then_((usual, 3), (usual * 20, 0.5), (usual, 23.5), (usual * 15, 2)),
        "more-the-night-before": then_((usual * 100, 0.75), (usual, 26.25), (usual * 10, 2)),
        "for-as-long-as-it-takes": lately(usual * 10, 0.1),
    }
    others = {
        "just-not-too-many": lately(limit * 0.98, 1),
        "exactly-the-limit": lately(limit, 1),
        "just-too-few-requests": lately(MANY * 0.98, 1, before=1),
        "exactly-so-many-requests": lately(MANY, 1, before=1),
        "busy-as-yesterday": lately(usual * 10, 1, before=usual * 10),
        "half-of-the-hours-were-busy": then_((usual * 3, 4), (usual, 23), (limit * 1.5, 2)),
        "not-for-long-enough": lately(usual * 10, 5 / 60),
        "over": then_((usual, 20), (usual * 10, 7.5), (usual, 2)),
        "new-since-today": then(absent(20 * 60), steady(usual * 10, 10 * 60)),
    }
    return Alert(
        name="RequestFlood",
        # No series of yesterday: nothing is known to be usual.
        expr=f"{requests} > {MANY} and {requests} > {TIMES} * "
        f"avg_over_time({requests}[{format_duration(USUAL)}] offset {format_duration(YESTERDAY)})",
        # The window of the rate and one minute: a burst of retries has left it.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.DDOS_ATTACK,
        summary="A flood of requests to {{ $labels.job }}",
        description=f"{{{{ $value | humanize }}}} requests a second arrive in {{{{ $labels.environment }}}}, more than "
        f"{TIMES} times as many as at this time yesterday.",
        meaning="Somebody floods the service, a client repeats without pause, or a campaign was not announced.",
        impact="None while the service keeps up; then every caller waits, and payments fail.",
        scenarios=outlined(
            _OUTLINE,
            Scenario(
                "many times the usual",
                _environments(target, record, floods),
                at,
                _labels(target, floods),
            ),
            Scenario("not so many times the usual, or not so many", _environments(target, record, others), at),
            Scenario("no data", (), _AT),
        ),
    )


def _environments(target: Target, record: str, courses: Mapping[str, str]) -> tuple[InputSeries, ...]:
    """Return environments that are named for what happens there."""
    return tuple(
        InputSeries(selector(record, replace(target, environment=name).job_labels), course)
        for name, course in courses.items()
    )


def _labels(target: Target, names: Iterable[str]) -> tuple[dict[str, str], ...]:
    return tuple(replace(target, environment=name).job_labels for name in names)


class _Feed(Protocol):
    """Makes the series of one instance from what it refuses and what it serves."""

    def __call__(self, by: Target, refused: str, served: str) -> tuple[InputSeries, ...]:
        """Return the series."""


def _share_scenarios(feed: _Feed, target: Target, pending: timedelta, *more: Scenario) -> tuple[Scenario, ...]:
    """Return scenarios of the share of requests that are refused."""
    much = MANY * 4
    firing = (target.job_labels,)

    def refused(share: float, rate: float, by: Target = target) -> tuple[InputSeries, ...]:
        return feed(by, *_split(share, rate))

    return (
        Scenario("nearly all", refused(0.99, much), _AT, firing),
        Scenario("just above the share", refused(SHARE * 1.02, much), _AT, firing),
        Scenario("just enough requests", refused(0.9, MANY * 1.02), _AT, firing),
        Scenario(
            "spread over two instances of which one refuses little",
            (*refused(0.99, MANY * 0.8), *refused(0.3, MANY * 0.8, target.second)),
            _AT,
            firing,
        ),
        Scenario(
            "in bursts every three minutes",
            feed(target, then(*(f"{burst * 180 * much}+0x2" for burst in range(12))), rising(60 * MANY, _MINUTES)),
            _AT,
            firing,
        ),
        Scenario("for as long as it takes", refused(0.99, much), pending + 2 * _MINUTE, firing),
        Scenario("exactly the share", refused(SHARE, much), _AT),
        Scenario("just below the share", refused(SHARE * 0.98, much), _AT),
        Scenario(
            "just below the share, in one instance above it",
            (*refused(0.6, MANY), *refused(0.36, MANY, target.second)),
            _AT,
        ),
        Scenario("just too few requests", refused(0.99, MANY * 0.98), _AT),
        Scenario("none", refused(0, much), _AT),
        Scenario("not for long enough", refused(0.99, much), pending),
        *more,
        Scenario("no data", (), _AT),
    )


def _split(share: float, rate: float) -> tuple[str, str]:
    """Return the counters of what is refused and of what is served, of ``rate`` requests a second."""
    return rising(60 * rate * share, _MINUTES), rising(60 * rate * (1 - share), _MINUTES)


def most_requests_rate_limited(job: str, target: Target) -> Alert:
    """The rate limiter refuses most of many requests."""
    decisions = metrics.RATE_LIMIT_REQUESTS
    label = decisions.label_names[0]
    rejected = RateLimitOutcome.REJECTED
    pending = timedelta(minutes=5)

    def decided(by: Target, refused: str, served: str, refusal: RateLimitOutcome = rejected) -> tuple[InputSeries, ...]:
        return (
            by.series(decisions.name, refused, **{label: refusal}),
            by.series(decisions.name, served, **{label: RateLimitOutcome.ALLOWED}),
        )

    return Alert(
        name="MostRequestsRateLimited",
        expr=f"sum by ({JOB}) (rate({decisions}{{{job}, {label}={quote(rejected)}}}[{WINDOW}]))"
        f" / (sum by ({JOB}) (rate({decisions}{{{job}}}[{WINDOW}])) > {MANY}) > {number(SHARE)}",
        # A burst is what the limiter is for, and over within its window.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.DDOS_ATTACK,
        logs=LogPattern.RATE_LIMIT,
        summary="The rate limiter of {{ $labels.job }} refuses most requests",
        description="{{ $value | humanizePercentage }} of many requests in {{ $labels.environment }} are refused by "
        "the rate limiter.",
        meaning="A few callers send more than everybody else together, or the limit is too low for all.",
        impact="Those callers' own payments are refused too; everybody else's are served.",
        scenarios=_share_scenarios(
            decided,
            target,
            pending,
            Scenario(
                "the limiter has no storage, which RateLimiterWithoutStorage says",
                decided(target, *_split(0.99, MANY * 4), RateLimitOutcome.UNCHECKED_REJECTED),
                _AT,
            ),
        ),
    )


def most_requests_refused(job: str, target: Target) -> Alert:
    """Most of many requests ask for what there is not, or must not ask."""
    requests = http_metrics.HTTP_REQUESTS
    pending = timedelta(minutes=10)

    def answered(by: Target, refused: str, served: str, code: str = "404") -> tuple[InputSeries, ...]:
        route = {"method": "GET", "route": http_metrics.UNMATCHED_ROUTE}
        return (
            by.series(requests.name, refused, code=code, **route),
            by.series(requests.name, served, code="200", **route),
        )

    return Alert(
        name="MostRequestsRefused",
        expr=f'sum by ({JOB}) (rate({requests}{{{job}, code=~"4..", code!~"{http_metrics.NOT_REFUSED}"}}[{WINDOW}]))'
        f" / (sum by ({JOB}) (rate({requests}{{{job}}}[{WINDOW}])) > {MANY}) > {number(SHARE)}",
        # Two windows: a client that was deployed with a mistake is rolled back or seen by then.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SECURITY_INCIDENT,
        incident=IncidentKey.DDOS_ATTACK,
        summary="Most requests to {{ $labels.job }} are faulty",
        description="{{ $value | humanizePercentage }} of many requests in {{ $labels.environment }} are answered with "
        "a 4xx status other than those of the rate limiter.",
        meaning="Somebody floods the service with paths, ids or keys that do not exist, or a client is broken.",
        impact="None while the service keeps up; what is refused costs it little.",
        scenarios=_share_scenarios(
            answered,
            target,
            pending,
            *(
                Scenario(title, answered(target, *_split(0.99, MANY * 4), code), _AT)
                for title, code in (
                    ("the rate limiter refuses", "429"),
                    ("callers go away before they are answered", "499"),
                    ("the service fails", "500"),
                )
            ),
        ),
    )
