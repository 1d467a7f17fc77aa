"""Alerts on queues that grow, the runbook's "increasing queue lengths": requests, and operations at the gateway.

A long queue that stays as long is busy; one that grows is served more slowly than it fills. One that empties in
between, if only for one scrape, does not pile up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, service_target, steady, then
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, service_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_catalog.catalog import Catalog

#: Requests that an instance serves at once; of quick ones that is thousands a second.
REQUESTS = 50
#: Operations whose outcome is unknown; those that are under way are a few.
OPERATIONS = 20
#: So many times as many as before.
TIMES = 2
BEFORE = timedelta(minutes=30)

_AT = timedelta(minutes=60)
_MINUTES = 90
_MINUTE = timedelta(minutes=1)


def queue_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on queues."""
    target, job = service_target(catalog.settings), service_job(catalog.settings)
    return AlertGroup(
        "payment-queues",
        "queues.yaml",
        (requests_pile_up(job, target), operations_pile_up(job, target)),
        dashboard=Dashboard.APPLICATION,
    )


def _growing(length: Callable[[str], str], least: int) -> str:
    """Return the expression for a queue that is so long at least, and longer than it was.

    ``length`` makes its length from an offset.
    """
    now, before = length(""), length(f" offset {format_duration(BEFORE)}")
    return f"{now} > {least} and {now} > {TIMES} * {before}"


def _scenarios(
    feed: Callable[[str], tuple[InputSeries, ...]], least: int, pending: timedelta, labels: dict[str, str]
) -> tuple[Scenario, ...]:
    """Return scenarios of a queue whose length ``feed`` takes."""
    firing = (labels,)
    enough = pending // _MINUTE

    def was(before: float, now: float, since: int = 25) -> tuple[InputSeries, ...]:
        """Return a queue that became longer so many minutes before the check."""
        return feed(then(steady(before, 59 - since), steady(now, since + 20)))

    return (
        Scenario("ten times as long", was(least, least * 10), _AT, firing),
        Scenario("just long enough", was(1, least * 1.02), _AT, firing),
        Scenario("grown just enough", was(least, least * TIMES * 1.02), _AT, firing),
        Scenario("for as long as it takes", was(1, least * 10, since=enough), _AT, firing),
        Scenario("just too short", was(1, least * 0.98), _AT),
        Scenario("exactly so long", was(1, least), _AT),
        Scenario("grown just too little", was(least, least * TIMES * 0.98), _AT),
        Scenario("grown exactly so much", was(least, least * TIMES), _AT),
        Scenario("as long as ever", was(least * 10, least * 10), _AT),
        Scenario("not for long enough", was(1, least * 10, since=enough - 1), _AT),
        Scenario("worked off", feed(then(steady(1, 30), steady(least * 10, 18), steady(1, 30))), _AT),
        Scenario("emptied every five minutes", feed(then(steady(1, 30), *[f"{least * 4}+0x3", "1"] * 9)), _AT),
        Scenario("a peak of a minute", feed(then(steady(1, 50), steady(least * 3, 0), steady(1, 30))), _AT),
        Scenario("no data", (), _AT),
    )


def requests_pile_up(job: str, target: Target) -> Alert:
    """An instance has more and more requests in its hands."""
    pending = timedelta(minutes=5)
    serving = http_metrics.HTTP_REQUESTS_IN_PROGRESS

    def feed(values: str) -> tuple[InputSeries, ...]:
        return (
            target.series(serving.name, values),
            target.second.series(serving.name, steady(3, _MINUTES)),
        )

    def length(offset: str) -> str:
        return f"{serving}{{{job}}}{offset}"

    return Alert(
        name="RequestsPileUp",
        # No figure of before: the instance is new, and fills for the first time.
        expr=_growing(length, REQUESTS),
        # Every scrape of these minutes: what is a burst is served in between.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="Requests pile up in {{ $labels.instance }}",
        description=f'{{{{ $value | printf "%.0f" }}}} requests are served at once by {{{{ $labels.instance }}}} in '
        f"{{{{ $labels.environment }}}}, more than {TIMES} times as many as {format_duration(BEFORE)} ago.",
        meaning="Requests come faster than they are answered: the gateway, the database or the event loop is slow.",
        impact="Every further request waits longer, until callers give up.",
        scenarios=_scenarios(feed, REQUESTS, pending, target.instance_labels),
    )


def operations_pile_up(job: str, target: Target) -> Alert:
    """More and more operations at the gateway wait for their outcome."""
    pending = timedelta(minutes=10)
    unresolved = metrics.UNRESOLVED_OPERATIONS

    def feed(values: str) -> tuple[InputSeries, ...]:
        """Each instance tells the same, as it reads the same database; one that cannot tells nothing new."""
        return (
            target.series(unresolved.name, values),
            target.second.series(unresolved.name, values),
            replace(target, instance="third:1").series(unresolved.name, steady(0, _MINUTES)),
        )

    def length(offset: str) -> str:
        return f"max by ({JOB}) ({unresolved}{{{job}}}{offset})"

    return Alert(
        name="GatewayOperationsPileUp",
        # No figure of before: the service is new.
        expr=_growing(length, OPERATIONS),
        # A restart of the worker that asks the gateway is over by then.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Operations of unknown outcome pile up in {{ $labels.job }}",
        description=f'{{{{ $value | printf "%.0f" }}}} operations at the gateway in {{{{ $labels.environment }}}} wait '
        f"for their outcome, more than {TIMES} times as many as {format_duration(BEFORE)} ago.",
        meaning="Callbacks of the gateway do not arrive, or asking for the outcome brings none.",
        impact="Customers wait for what they have paid; PaymentOutcomeUnknown follows when it lasts.",
        scenarios=_scenarios(feed, OPERATIONS, pending, target.job_labels),
    )
