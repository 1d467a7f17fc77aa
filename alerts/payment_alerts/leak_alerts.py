"""Alerts on what a process takes and never gives back: memory, asyncio tasks, file descriptors.

A leak has three marks. It still rises; the least of today is more than the most of the same hours yesterday, which the
swing of a day is not; and the process is older than both, so that it is no warm-up. What leaks so fast that no process
grows that old shows as restarts and as usage near a limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario, outlined
from payment_alerts.scenario_series import Target, exporter_target, service_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import MOST_OPEN_FILES, OPEN_FILES, RESIDENT_MEMORY, START_TIME
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.runtime_metrics import ASYNCIO_TASKS
from payment_catalog.severities import Priority, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payment_catalog.catalog import Catalog

#: Longer than a nightly job or a campaign; the trend over it is no burst.
WINDOW = timedelta(hours=6)
#: Yesterday's same hours had the same load.
BEFORE = timedelta(days=1)
#: A process of this age has run in all that is compared.
AGE = BEFORE + WINDOW
#: Share of the descriptors that a process may have open; without one it can accept no connection.
OPEN_FILES_SHARE = 0.8

#: Between two evaluations; nothing here changes within minutes.
INTERVAL = timedelta(minutes=3)

_PENDING = timedelta(minutes=30)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_OUTLINE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Leak:
    """What may leak.

    ``a_day`` is the rise a day, in the metric's unit, that is worth a message, ``share`` that since yesterday's most.
    ``shown`` is the rise a day in Prometheus' templates.
    """

    name: str
    metric: str
    a_day: float
    share: float
    title: str
    shown: str
    meaning: str
    impact: str


MEMORY = Leak(
    "MemoryLeak",
    RESIDENT_MEMORY,
    # 24 MiB, one an hour: allocators drift by less. A fifth a day is twice as much in four days.
    24 * 1024**2,
    0.2,
    "memory",
    "{{ $value | humanize1024 }}B",
    "Something is kept for every request or every scrape; a heap profile of the debug port shows what.",
    "None yet; when the limit is reached the process is killed, and with it the requests that it serves.",
)
TASKS = Leak(
    "AsyncioTaskLeak",
    ASYNCIO_TASKS.name,
    # One an hour that never ends; a service at rest has about ten.
    24,
    0.5,
    "asyncio tasks",
    '{{ $value | printf "%.0f" }}',
    "Tasks are started and never end, as goroutines that leak; the debug port lists what they wait for.",
    "None yet; each holds memory and connections, and the event loop has more to do.",
)
FILES = Leak(
    "FileDescriptorLeak",
    OPEN_FILES,
    # One an hour that is never closed; a process at rest has a few dozen open.
    24,
    0.5,
    "file descriptors",
    '{{ $value | printf "%.0f" }}',
    "Connections or files are opened and never closed.",
    "None yet; a process without free descriptors accepts no connection.",
)


def leak_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on leaks."""
    service = service_target(catalog.settings)
    programs = (service, exporter_target(catalog.settings))
    return AlertGroup(
        "payment-leaks",
        "leaks.yaml",
        (
            file_descriptors_near_limit(programs),
            leaks(MEMORY, programs),
            leaks(TASKS, (service,)),
            leaks(FILES, programs),
        ),
        interval=INTERVAL,
        dashboard=Dashboard.INFRASTRUCTURE,
    )


def _jobs(programs: Sequence[Target]) -> str:
    if len(programs) == 1:
        return f'job="{programs[0].job}"'
    return f'job=~"{"|".join(program.job for program in programs)}"'


@dataclass(frozen=True, slots=True)
class _Process:
    """What a process takes in the course of time, and how old it is at the time of the check."""

    course: str
    age: timedelta = timedelta(days=4)


def leaks(leak: Leak, programs: Sequence[Target]) -> Alert:
    """Something rises from day to day, in one process."""
    job = _jobs(programs)
    taken = f"{leak.metric}{{{job}}}"
    window, before = format_duration(WINDOW), format_duration(BEFORE)
    target = programs[0]
    at, later = BEFORE + 2 * _HOUR, BEFORE + 9 * _HOUR
    # So high that a rise by the share is more than what is worth a message.
    low = leak.a_day * 10
    high = low * 2
    just_enough = leak.share / (20 / 24 - (1 + leak.share) * 2 / 24) * low

    def series(process: _Process, by: Target) -> tuple[InputSeries, ...]:
        return (
            by.series(leak.metric, process.course),
            by.series(START_TIME, steady((at - process.age).total_seconds(), 2 * BEFORE // _MINUTE)),
        )

    def instances(processes: Mapping[str, _Process]) -> tuple[InputSeries, ...]:
        """Return instances of the same program, named for what happens to them."""
        return tuple(one for name, process in processes.items() for one in series(process, _named(target, name)))

    def firing(*names: str) -> tuple[dict[str, str], ...]:
        return tuple(_named(target, name).instance_labels for name in names)

    def grew(*then_: str) -> _Process:
        """Return what grew to twice as much after 16 hours, and what came then."""
        return _Process(then(_rising(low, 0, 16), *then_))

    steep = _rising(low, high, 36)
    peak = _rising(high, 0, 0.1)
    leaking = {
        "just-enough-since-yesterday": _Process(_rising(low, just_enough * 1.02, 36)),
        "just-fast-enough": grew(_rising(high, leak.a_day * 1.02, 20)),
        "just-old-enough": _Process(steep, AGE + _PENDING + INTERVAL),
    }
    sound = {
        "as-yesterday": _Process(_rising(low, 0, 36)),
        "just-too-little-since-yesterday": _Process(_rising(low, just_enough * 0.98, 36)),
        "just-too-slowly": grew(_rising(high, leak.a_day * 0.98, 20)),
        "just-too-young": _Process(steep, AGE + _PENDING),
        "for-three-hours-only": grew(_rising(high, 0, 6.75), _rising(high, leak.a_day * 1.6, 9)),
        "up-and-down-on-a-higher-level": grew(*[_rising(high, leak.a_day * 20, 1)] * 20),
        "exactly-the-share-above-yesterday": grew(_rising(low * (1 + leak.share), 0, 5), _rising(high, low, 9)),
        "gave-it-back-four-hours-ago": grew(_rising(high, low, 6), _rising(low, 0, 0.1), _rising(high, low, 9)),
        "warms-up-and-needs-more-than-before": _Process(then(_rising(low, 0, 18), _rising(high, low, 18)), 8 * _HOUR),
    }
    other_hours = {
        "five-hours-earlier": _Process(then(_rising(low, 0, 4), peak, _rising(low, 0, 15), _rising(high, low, 16))),
        "eight-hours-earlier": _Process(then(_rising(low, 0, 1), peak, _rising(low, 0, 18), _rising(high, low, 16))),
    }
    return Alert(
        name=leak.name,
        expr=f"deriv({taken}[{window}]) * {number(BEFORE.total_seconds())} > {number(leak.a_day)}"
        f" and min_over_time({taken}[{window}])"
        f" > {number(1 + leak.share)} * max_over_time({taken}[{window}] offset {before})"
        f" and time() - {START_TIME}{{{job}}} > {number(AGE.total_seconds())}",
        # The windows are hours long already; this outlasts what moves at their edges.
        pending=_PENDING,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary=f"{{{{ $labels.job }}}} {{{{ $labels.instance }}}} leaks {leak.title}",
        description=f"{{{{ $labels.instance }}}} in {{{{ $labels.environment }}}} takes {leak.shown} more {leak.title} "
        f"a day, and {number(leak.share * 100)}% more than in the same hours yesterday.",
        meaning=leak.meaning,
        impact=leak.impact,
        scenarios=outlined(
            _OUTLINE,
            Scenario(
                "every program leaks",
                tuple(one for program in programs for one in series(_Process(steep), program)),
                at,
                tuple(program.instance_labels for program in programs),
            ),
            Scenario("some leak, others do not", instances(leaking | sound), at, firing(*leaking)),
            Scenario(
                "they took as much yesterday in other hours",
                instances(other_hours),
                later,
                firing("eight-hours-earlier"),
            ),
            Scenario("no data", (), timedelta(minutes=30)),
        ),
    )


def _named(target: Target, name: str) -> Target:
    return replace(target, instance=f"{name}:8080")


def _rising(start: float, a_day: float, hours: float) -> str:
    """Return a gauge that rises from ``start`` by so much a day, for so many hours."""
    return f"{number(start)}+{number(a_day / (BEFORE / _MINUTE))}x{round(hours * 60) - 1}"


def file_descriptors_near_limit(programs: Sequence[Target]) -> Alert:
    """A process can soon open no connection any more."""
    job = _jobs(programs)
    target = programs[0]
    at = timedelta(minutes=30)
    minutes = at // _MINUTE
    pending = timedelta(minutes=12)
    most = 1000

    def opened(share: float, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(OPEN_FILES, steady(most * share, minutes)),
            by.series(MOST_OPEN_FILES, steady(most, minutes)),
        )

    firing = (target.instance_labels,)
    closed = (
        target.series(OPEN_FILES, then(steady(most, 20), steady(10, 20))),
        target.series(MOST_OPEN_FILES, steady(most, minutes)),
    )
    return Alert(
        name="FileDescriptorsNearLimit",
        expr=f"{OPEN_FILES}{{{job}}} / ({MOST_OPEN_FILES}{{{job}}} > 0) > {number(OPEN_FILES_SHARE)}",
        # Connections of a burst are closed again within the time that they are kept alive.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.PERFORMANCE_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="{{ $labels.job }} {{ $labels.instance }} has nearly all of its file descriptors open",
        description="{{ $value | humanizePercentage }} of the descriptors that {{ $labels.instance }} in "
        "{{ $labels.environment }} may have are open.",
        meaning="More connections are open than the limit is for, or they are never closed.",
        impact="None yet; a process without free descriptors accepts no connection and opens none.",
        scenarios=(
            Scenario(
                "nearly all, of every program, and few of a second instance",
                (
                    *(series for program in programs for series in opened(0.99, by=program)),
                    *opened(0.1, by=target.second),
                ),
                at,
                tuple(program.instance_labels for program in programs),
            ),
            Scenario("just above the limit", opened(OPEN_FILES_SHARE * 1.02), at, firing),
            Scenario("just below the limit", opened(OPEN_FILES_SHARE * 0.98), at),
            Scenario("exactly the limit", opened(OPEN_FILES_SHARE), at),
            Scenario("for as long as it takes", opened(0.99), pending, firing),
            Scenario("not for long enough", opened(0.99), pending - INTERVAL),
            Scenario("closed again", closed, at),
            Scenario(
                "no limit is known",
                (
                    target.series(OPEN_FILES, steady(most, minutes)),
                    target.series(MOST_OPEN_FILES, steady(0, minutes)),
                ),
                at,
            ),
            Scenario("no data", (), at),
        ),
    )
