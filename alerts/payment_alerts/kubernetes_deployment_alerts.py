"""Alerts on deployments of the namespace: roll-outs that are stuck, pods that are missing."""

from __future__ import annotations

from datetime import timedelta

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.scenario_series import Target, steady, then
from payment_catalog import kubernetes_metrics as metrics
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB

_MINUTE = timedelta(minutes=1)
_DEPLOYMENT = f"{JOB}, {metrics.DEPLOYMENT.name}"

#: A pod that becomes ready later than this holds up the roll-out of the next one.
PROGRESS = timedelta(minutes=10)

_THE_DEPLOYMENT = {metrics.DEPLOYMENT.name: "payment-service"}


def rollout_stuck(ours: str, target: Target) -> Alert:
    """A roll-out has not moved on within its deadline."""
    pending = timedelta(minutes=2)
    at = timedelta(minutes=20)
    firing = ({**target.job_labels, **_THE_DEPLOYMENT},)

    def condition(name: str, status: str, by: Target = target) -> tuple[InputSeries, ...]:
        return tuple(
            by.series(
                metrics.DEPLOYMENT_CONDITION.name,
                steady(value == status, 40),
                condition=name,
                status=value,
                reason="ProgressDeadlineExceeded",
                **_THE_DEPLOYMENT,
            )
            for value in metrics.STATUS.values
        )

    stuck, moving = condition(metrics.PROGRESSING, "false"), condition(metrics.PROGRESSING, "true")
    return Alert(
        name="RolloutStuck",
        expr=f"max by ({_DEPLOYMENT}) ({metrics.DEPLOYMENT_CONDITION}"
        f'{{{ours}, condition={quote(metrics.PROGRESSING)}, status="false"}}) == 1',
        # The deadline (progressDeadlineSeconds, ten minutes unless set) is over already.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="The roll-out of {{ $labels.deployment }} is stuck",
        description="New pods of {{ $labels.deployment }} in {{ $labels.environment }} have not become ready within "
        "the deployment's deadline. kubectl rollout undo goes back to the release before.",
        meaning="New pods crash, find no node or no quota, or fail their readiness check.",
        impact="None while pods of the release before serve; the change is not live.",
        scenarios=(
            Scenario("past its deadline", stuck, at, firing),
            Scenario("for just as long as it takes", stuck, timedelta(minutes=3), firing),
            Scenario(
                "past its deadline, for two kube-state-metrics",
                (*stuck, *condition(metrics.PROGRESSING, "false", target.second)),
                at,
                firing,
            ),
            Scenario(
                "past its deadline, which one of two has not seen yet",
                (*stuck, *condition(metrics.PROGRESSING, "true", target.second)),
                at,
                firing,
            ),
            Scenario("it moves on", moving, at),
            Scenario("it is paused", condition(metrics.PROGRESSING, "unknown"), at),
            Scenario("too few pods are available", (*moving, *condition("Available", "false")), at),
            Scenario("not for long enough", stuck, pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )


def replicas_missing(ours: str, target: Target) -> Alert:
    """A deployment has had fewer pods than wanted, and that does not change."""
    pending = timedelta(minutes=10)
    at = timedelta(minutes=40)
    wanted, available, updated = metrics.REPLICAS_WANTED, metrics.REPLICAS_AVAILABLE, metrics.REPLICAS_UPDATED
    firing = ({**target.job_labels, **_THE_DEPLOYMENT},)

    def deployment(have: str, up_to_date: str, by: Target = target) -> tuple[InputSeries, ...]:
        """Return a deployment that is to have three pods."""
        return (
            by.series(wanted.name, steady(3, 60), **_THE_DEPLOYMENT),
            by.series(available.name, have, **_THE_DEPLOYMENT),
            by.series(updated.name, up_to_date, **_THE_DEPLOYMENT),
        )

    two, three, four = (steady(count, 60) for count in (2, 3, 4))
    rolling = then(*(steady(count, 5) for count in range(10)))
    last_step = then(steady(2, 19), steady(3, 60))
    return Alert(
        name="ReplicasMissing",
        expr=f"max by ({_DEPLOYMENT}) ({wanted}{{{ours}}} - {available}{{{ours}}}) > 0 "
        f"unless group by ({_DEPLOYMENT}) (changes({updated}{{{ours}}}[{format_duration(PROGRESS)}]) != 0)",
        # A lost node's pods are given up after five minutes, and others start.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.deployment }} has fewer pods than wanted",
        description="{{ $value }} pods of {{ $labels.deployment }} in {{ $labels.environment }} are missing, and no "
        "roll-out is moving on.",
        meaning="Pods cannot be made, find no node, crash or do not become ready.",
        impact="None while the others bear the load; there is less to spare when it rises or another one fails.",
        scenarios=(
            Scenario("one of three is missing", deployment(two, three), timedelta(minutes=11), firing),
            Scenario(
                "for one kube-state-metrics; another one shows yet one too many",
                (*deployment(two, three), *deployment(four, three, target.second)),
                at,
                firing,
            ),
            Scenario(
                "the roll-out last moved 22 minutes ago", deployment(two, last_step), timedelta(minutes=42), firing
            ),
            Scenario("the roll-out last moved 18 minutes ago", deployment(two, last_step), timedelta(minutes=38)),
            Scenario("a roll-out moves on", deployment(two, rolling), at),
            Scenario(
                "a roll-out moves on, which one of two kube-state-metrics has not seen",
                (*deployment(two, rolling), *deployment(two, three, target.second)),
                at,
            ),
            Scenario("all are there", deployment(three, three), at),
            Scenario("one more than wanted", deployment(four, three), at),
            Scenario("not for long enough", deployment(two, three), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )
