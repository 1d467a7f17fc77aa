"""Alerts on pods of the namespace: containers that crash or run out of memory, pods that do not become ready."""

from __future__ import annotations

from datetime import timedelta

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.scenario_series import Target, absent, steady, then
from payment_catalog import kubernetes_metrics as metrics
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, WINDOW

_MINUTE = timedelta(minutes=1)
_POD = f"{JOB}, {metrics.POD.name}"
_CONTAINER = f"{_POD}, {metrics.CONTAINER.name}"

#: The kubelet waits for up to five minutes between two restarts: a loop has at least one in this time.
RESTARTED = timedelta(minutes=15)

_THE_POD = {metrics.POD.name: "payment-service-7d9c"}
_THE_CONTAINER = {**_THE_POD, metrics.CONTAINER.name: "payment-service"}


def pod_crash_looping(ours: str, target: Target) -> Alert:
    """A container ends again and again."""
    pending, keep_firing = timedelta(minutes=10), timedelta(minutes=10)
    waiting = metrics.WAITING_REASON
    firing = ({**target.job_labels, **_THE_CONTAINER},)

    def waits(values: str, reason: str = metrics.CRASH_LOOP, by: Target = target) -> InputSeries:
        return by.series(waiting.name, values, reason=reason, **_THE_CONTAINER)

    def loop(rounds: int, by: Target = target) -> tuple[InputSeries, ...]:
        """Return rounds of ten minutes: it runs for four, ends, waits for six."""
        counts = then(*(steady(count, 9) for count in range(rounds)), steady(rounds, 60))
        return (_restarts(counts, by), waits(then(*[then(absent(4), steady(1, 5))] * rounds), by=by))

    counting = then(*(steady(count, 4) for count in range(8)))
    return Alert(
        name="PodCrashLooping",
        # Between two crashes it runs for a while and waits for nothing: the window bridges that. A pod whose node is
        # lost keeps its reason and restarts no more: that is PodNotReady's matter.
        expr=f"{_restarted(ours)} and group by ({_CONTAINER}) "
        f"(present_over_time({waiting}{{{ours}, reason={quote(metrics.CRASH_LOOP)}}}[{WINDOW}]))",
        # Twice the window: two or three crashes at the start, before the database answers, are over by then.
        pending=pending,
        # One that runs for longer between two crashes is still the same incident.
        keep_firing=keep_firing,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.container }} in pod {{ $labels.pod }} crashes again and again",
        description="The container in {{ $labels.environment }} has been restarted {{ $value | humanize }} times in "
        f"the last {format_duration(RESTARTED)}. What it wrote before it ended: kubectl logs --previous.",
        meaning="A container ends shortly after each start; Kubernetes waits for longer each time.",
        impact="The pod serves nothing; when it is the only one, nor does the service.",
        scenarios=(
            Scenario("a crash every ten minutes", loop(5), timedelta(minutes=38), firing),
            Scenario(
                "a crash every ten minutes, for two kube-state-metrics of which one has just begun",
                (*loop(5), _restarts(then(absent(8), steady(3, 60)), target.second)),
                timedelta(minutes=38),
                firing,
            ),
            Scenario(
                "a crash every five minutes, and the count begins anew",
                (
                    _restarts(then(steady(6, 9), steady(7, 9), steady(0, 3), steady(1, 30)), target),
                    waits(steady(1, 60)),
                ),
                timedelta(minutes=32),
                firing,
            ),
            Scenario(
                "it has waited for just as long as it takes",
                (_restarts(counting, target), waits(steady(1, 40))),
                timedelta(minutes=16),
                firing,
            ),
            Scenario("it has run for twelve minutes", loop(3), timedelta(minutes=42), firing),
            Scenario("it has run for twenty minutes", loop(3), timedelta(minutes=50)),
            Scenario("not for long enough", (_restarts(counting, target), waits(steady(1, 40))), timedelta(minutes=13)),
            Scenario(
                "three crashes at the start",
                (_restarts("0 1 2 3+0x60", target), waits("_ 1 1 1 _x60")),
                timedelta(minutes=14),
            ),
            Scenario(
                "its node is lost",
                (_restarts("0 1 2 3 4 5+0x60", target), waits(steady(1, 60))),
                timedelta(minutes=34),
            ),
            Scenario(
                "it is restarted and runs",
                (_restarts(counting, target), waits(steady(1, 40), reason="ContainerCreating")),
                timedelta(minutes=30),
            ),
            Scenario("no data", (), timedelta(minutes=30)),
        ),
    )


def container_out_of_memory(ours: str, target: Target) -> Alert:
    """The kernel has ended a container that wanted more memory than its limit."""
    last = metrics.LAST_TERMINATED_REASON
    firing = ({**target.job_labels, **_THE_CONTAINER},)

    def ended(reason: str, minute: int, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            _restarts(then(steady(2, minute - 1), steady(3, 60)), by),
            by.series(last.name, then(absent(minute), steady(1, 60)), reason=reason, **_THE_CONTAINER),
        )

    begun_anew = then(steady(5, 9), steady(0, 3), steady(1, 40))
    return Alert(
        name="ContainerOutOfMemory",
        # The reason stays until the container ends for another one; the restart says that it is news.
        expr=f"{_restarted(ours)} and group by ({_CONTAINER}) "
        f"({last}{{{ours}, reason={quote(metrics.OUT_OF_MEMORY)}}})",
        # It has happened: nothing to wait for but that one evaluation falls between two scrapes.
        pending=_MINUTE,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="{{ $labels.container }} in pod {{ $labels.pod }} ran out of memory",
        description="The container in {{ $labels.environment }} has been restarted {{ $value | humanize }} times in "
        f"the last {format_duration(RESTARTED)}, the last time because it wanted more memory than its limit.",
        meaning="The kernel ended the container at its memory limit, and the kubelet started it again.",
        impact="What it was doing is lost: payments under way are resolved later, requests failed.",
        scenarios=(
            Scenario("ten minutes ago", ended(metrics.OUT_OF_MEMORY, 20), timedelta(minutes=30), firing),
            Scenario("a minute ago", ended(metrics.OUT_OF_MEMORY, 20), timedelta(minutes=21), firing),
            Scenario(
                "ten minutes ago, which one of two kube-state-metrics has not seen",
                (*ended(metrics.OUT_OF_MEMORY, 20), _restarts(steady(2, 60), target.second)),
                timedelta(minutes=30),
                firing,
            ),
            Scenario(
                "the count begins anew meanwhile",
                (_restarts(begun_anew, target), ended(metrics.OUT_OF_MEMORY, 13)[1]),
                timedelta(minutes=18),
                firing,
            ),
            Scenario("just now", ended(metrics.OUT_OF_MEMORY, 20), timedelta(minutes=20)),
            Scenario("twenty minutes ago", ended(metrics.OUT_OF_MEMORY, 20), timedelta(minutes=40)),
            Scenario("it ended by an error", ended("Error", 20), timedelta(minutes=30)),
            Scenario("no data", (), timedelta(minutes=30)),
        ),
    )


def pod_not_ready(ours: str, target: Target) -> Alert:
    """A pod does not come to run, or runs and is not ready."""
    pending = timedelta(minutes=15)
    at = timedelta(minutes=20)
    phases = "Pending|Running|Unknown"
    firing = ({**target.job_labels, **_THE_POD},)

    def pod(phase: str, ready: str | None, by: Target = target) -> tuple[InputSeries, ...]:
        """Return a pod that stays in ``phase`` and is ready as ``ready`` says; None: it has no such condition yet."""
        states = metrics.POD_PHASE.labels[-1].values
        in_phase = [
            by.series(metrics.POD_PHASE.name, steady(state == phase, 40), phase=state, **_THE_POD) for state in states
        ]
        if ready is None:
            return tuple(in_phase)
        return (
            *in_phase,
            by.series(metrics.POD_READY.name, ready, condition="true", **_THE_POD),
            by.series(metrics.POD_READY.name, steady(1, 40), condition="false", **_THE_POD),
        )

    never, always = steady(0, 40), steady(1, 40)
    return Alert(
        name="PodNotReady",
        # A pod without a node has no condition Ready at all. One that has succeeded or failed is not meant to be ready:
        # whoever owns it makes another one.
        expr=f'max by ({_POD}) ({metrics.POD_PHASE}{{{ours}, phase=~"{phases}"}}) == 1 '
        f'unless group by ({_POD}) ({metrics.POD_READY}{{{ours}, condition="true"}} == 1)',
        # A new node and a large image take minutes.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Pod {{ $labels.pod }} does not become ready",
        description="The pod in {{ $labels.environment }} has not been ready for "
        f"{format_duration(pending)}; kubectl describe pod says what it waits for.",
        meaning="No node has room for the pod, its image or a volume is missing, or its readiness check fails.",
        impact="None while other pods serve; there is less to spare.",
        scenarios=(
            Scenario("no node has room", pod("Pending", None), at, firing),
            Scenario("its image cannot be pulled", pod("Pending", never), timedelta(minutes=16), firing),
            Scenario("it runs, and its check fails", pod("Running", never), at, firing),
            Scenario("its node is lost", pod("Unknown", never), at, firing),
            Scenario(
                "for two kube-state-metrics",
                (*pod("Running", never), *pod("Running", never, target.second)),
                at,
                firing,
            ),
            Scenario(
                "one of two kube-state-metrics shows yet what was before",
                (*pod("Running", never), *pod("Succeeded", never, target.second)),
                at,
                firing,
            ),
            Scenario("it is ready", pod("Running", always), at),
            Scenario("it has become ready", pod("Running", then(steady(0, 17), steady(1, 20))), at),
            Scenario("it has done its work", pod("Succeeded", never), at),
            Scenario("it was evicted", pod("Failed", never), at),
            Scenario("not for long enough", pod("Pending", never), pending - _MINUTE),
            Scenario("no data", (), at),
        ),
    )


def _restarted(ours: str) -> str:
    window = format_duration(RESTARTED)
    return f"max by ({_CONTAINER}) (increase({metrics.RESTARTS}{{{ours}}}[{window}])) > 0"


def _restarts(values: str, by: Target) -> InputSeries:
    return by.series(metrics.RESTARTS.name, values, **_THE_CONTAINER)
