"""Alerts on Fluentd, which brings the logs to Elasticsearch and to the archive.

Without a target of Fluentd in the settings there is no series, and none of these fires; NoLogsArrive sees from the
other end that nothing comes. Each node has a Fluentd of its own: the alerts tell which.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.log_line_scenarios import fluentd_target
from payment_alerts.scenario_series import Target, rising, steady, then
from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import UP
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import INSTANCE

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: Percent of a buffer. Of the 4 GiB it is what a busy node writes within an hour or two.
LEAST_SPACE = 20
#: Failures further apart than this are those of a network, not of an output that does not work.
RETRY_WINDOW = timedelta(minutes=10)
#: A container writes a line, if only of a health check, far more often.
READ_WINDOW = timedelta(minutes=15)
#: Two periods more than it takes: an upload that failed has been tried again.
OLDEST_IN_BUFFER = 3 * fluentd.ARCHIVE_HOUR + fluentd.ARCHIVE_WAIT

_AT = timedelta(hours=1)
_MINUTES = 60
_MINUTE = timedelta(minutes=1)
_JOB = f"job={quote(fluentd.FLUENTD_JOB)}"
_SEARCH = {"plugin_id": fluentd.SEARCH_OUTPUT, "type": "elasticsearch"}
_ARCHIVE = {"plugin_id": fluentd.ARCHIVE_OUTPUT, "type": "s3"}


def log_pipeline_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on Fluentd."""
    target = fluentd_target(catalog.settings)
    return AlertGroup(
        "payment-log-pipeline",
        "log-pipeline.yaml",
        (
            fluentd_down(target),
            buffer_nearly_full(target),
            output_fails(target),
            forwards_nothing(target),
            archive_stale(target),
        ),
        dashboard=Dashboard.LOGS,
    )


def fluentd_down(target: Target) -> Alert:
    """A Fluentd does not answer."""
    pending = timedelta(minutes=10)

    def answers(values: str, by: Target = target) -> InputSeries:
        return by.series(UP.name, values)

    return Alert(
        name="FluentdDown",
        expr=f"{UP}{{{_JOB}}} == 0",
        # A node that restarts, or a new version on every node in turn.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Fluentd on {{ $labels.instance }} is down",
        description="Prometheus gets no answer from it in {{ $labels.environment }}.",
        meaning="The node or its Fluentd does not run, or its port for metrics is closed.",
        impact="None on payments; the logs of that node wait in its files, which are rotated away in the end.",
        scenarios=(
            Scenario(
                "one of two",
                (answers(steady(0, _MINUTES)), answers(steady(1, _MINUTES), target.second)),
                _AT,
                (target.instance_labels,),
            ),
            Scenario("for as long as it takes", (answers(steady(0, _MINUTES)),), pending, (target.instance_labels,)),
            Scenario("not for long enough", (answers(steady(0, _MINUTES)),), pending - _MINUTE),
            Scenario("it answers again", (answers(then(steady(0, 50), steady(1, 20))),), _AT),
            Scenario("there is none", (), _AT),
        ),
    )


def buffer_nearly_full(target: Target) -> Alert:
    """What cannot be sent has nearly filled a buffer."""
    space = fluentd.BUFFER_AVAILABLE
    pending = timedelta(minutes=10)

    def left(percent: float, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(space.name, steady(percent, _MINUTES), **_SEARCH),
            by.series(space.name, steady(99, _MINUTES), **_ARCHIVE),
        )

    firing = ({**target.instance_labels, **_SEARCH},)
    return Alert(
        name="FluentdBufferNearlyFull",
        expr=f"{space}{{{_JOB}}} < {LEAST_SPACE}",
        # A burst of logs is sent within minutes.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Fluentd's buffer for {{ $labels.plugin_id }} is nearly full",
        description='{{ $value | printf "%.0f" }}% of the buffer on {{ $labels.instance }} in '
        "{{ $labels.environment }} are left.",
        meaning="The output takes less than comes in, or nothing at all.",
        impact="None on payments; a full buffer stops reading for every output, and files that are rotated away "
        "meanwhile are lost.",
        scenarios=(
            Scenario("nearly nothing is left, on one of two nodes", (*left(1), *left(99, target.second)), _AT, firing),
            Scenario("just below the limit", left(LEAST_SPACE * 0.98), _AT, firing),
            Scenario("for as long as it takes", left(1), pending, firing),
            Scenario("exactly the limit", left(LEAST_SPACE), _AT),
            Scenario("just above the limit", left(LEAST_SPACE * 1.02), _AT),
            Scenario("not for long enough", left(1), pending - _MINUTE),
            Scenario("sent", (target.series(space.name, then(steady(1, 50), steady(95, 20)), **_SEARCH),), _AT),
            Scenario("no data", (), _AT),
        ),
    )


def output_fails(target: Target) -> Alert:
    """Sending fails again and again."""
    failed = fluentd.RETRIES
    pending = timedelta(minutes=15)

    def retries(*course: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(failed.name, then(*course), **_SEARCH),
            by.series(failed.name, steady(3, _MINUTES), **_ARCHIVE),
        )

    firing = ({**target.instance_labels, **_SEARCH},)
    return Alert(
        name="FluentdOutputFails",
        expr=f"increase({failed}{{{_JOB}}}[{format_duration(RETRY_WINDOW)}]) > 0",
        # Longer than the window: a single failure has left it.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Fluentd fails to send to {{ $labels.plugin_id }}",
        description=f'{{{{ $value | printf "%.0f" }}}} attempts on {{{{ $labels.instance }}}} in '
        f"{{{{ $labels.environment }}}} failed within {format_duration(RETRY_WINDOW)}, and before.",
        meaning="The output does not answer, refuses the account, or takes only part of what is sent.",
        impact="None on payments; logs come late, and pile up in the buffer.",
        scenarios=(
            Scenario(
                "every minute, on one of two nodes",
                (*retries(rising(1, _MINUTES)), *retries(steady(9, _MINUTES), by=target.second)),
                _AT,
                firing,
            ),
            Scenario("every eight minutes", retries(*(f"{count}+0x7" for count in range(9))), _AT, firing),
            Scenario("Fluentd restarts meanwhile", retries(rising(1, 55), rising(1, 20)), _AT, firing),
            Scenario("for as long as it takes", retries(rising(1, _MINUTES)), pending + _MINUTE, firing),
            Scenario("not for long enough", retries(rising(1, _MINUTES)), pending - _MINUTE),
            Scenario("once", retries(steady(0, 44), steady(1, 30)), _AT),
            Scenario("every thirteen minutes", retries(*(f"{count}+0x12" for count in range(6))), _AT),
            Scenario("it restarts without a failure", retries(steady(9, 50), steady(0, 20)), _AT),
            Scenario("never", retries(steady(0, _MINUTES)), _AT),
            Scenario("no data", (), _AT),
        ),
    )


def forwards_nothing(target: Target) -> Alert:
    """Log files are read, and no line reaches the output."""
    window = format_duration(READ_WINDOW)
    read, emitted = fluentd.TAIL_POSITION, fluentd.EMITTED
    pending = timedelta(minutes=10)
    tail = {"plugin_id": "containers", "type": "tail"}

    def node(position: str, records: str | None, by: Target = target) -> tuple[InputSeries, ...]:
        """Return a node that reads one of two files, and what reaches the output."""
        return (
            by.series(read.name, position, **tail, path="/var/log/containers/payment-service-1.log"),
            by.series(read.name, steady(5000, _MINUTES), **tail, path="/var/log/containers/payment-service-2.log"),
            by.series(emitted.name, rising(100, _MINUTES), plugin_id="unparsed", type="file"),
            *((by.series(emitted.name, records, **_SEARCH),) if records else ()),
        )

    # Of a forwarder the records go to the aggregators.
    onward = f"{fluentd.SEARCH_OUTPUT}|{fluentd.FORWARD_OUTPUT}"
    reads, none, still = rising(9000, _MINUTES), steady(700, _MINUTES), steady(9000, _MINUTES)
    firing = (target.instance_labels,)
    return Alert(
        name="FluentdForwardsNothing",
        # Where the output has no series yet nothing has reached it: `unless` fires then as well.
        expr=f"max by ({INSTANCE}) (increase({read}{{{_JOB}}}[{window}])) > 0 unless sum by ({INSTANCE}) "
        f"(increase({emitted}{{{_JOB}, plugin_id=~{quote(onward)}}}[{window}])) > 0",
        # The window is long already; this outlasts a restart, which begins with reading.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Fluentd on {{ $labels.instance }} reads logs and forwards none",
        description=f"{{{{ $value | humanize1024 }}}}B of a file were read within {window} in "
        f"{{{{ $labels.environment }}}}, and no record reached Elasticsearch or an aggregator.",
        meaning="No line can be parsed, as after a change of the logs' format; they are in /var/log/fluentd-unparsed.",
        impact="None on payments; who looks into an incident finds no logs.",
        scenarios=(
            Scenario(
                "one of two nodes forwards nothing",
                (*node(reads, none), *node(reads, reads, by=target.second)),
                _AT,
                firing,
            ),
            Scenario("the output was never reached", node(reads, None), _AT, firing),
            Scenario(
                "a line every twelve minutes",
                node(then(*(f"{count * 80}+0x11" for count in range(7))), none),
                _AT,
                firing,
            ),
            Scenario("the first byte ever", node(then(steady(0, 47), steady(1, 30)), none), _AT, firing),
            Scenario("the file is rotated", node(then(rising(9000, 50), rising(9000, 20)), none), _AT, firing),
            Scenario("for as long as it takes", node(reads, none), pending + _MINUTE, firing),
            Scenario("not for long enough", node(reads, none), pending - _MINUTE),
            Scenario("it forwards", node(reads, reads), _AT),
            Scenario(
                "it forwards to aggregators",
                (
                    *node(reads, None),
                    target.series(emitted.name, reads, plugin_id=fluentd.FORWARD_OUTPUT, type="forward"),
                ),
                _AT,
            ),
            Scenario("Fluentd has restarted and forwards", node(reads, then(steady(9000, 56), steady(5, 9))), _AT),
            Scenario("none for twenty-seven minutes", node(reads, then(rising(5, 33), steady(165, 40))), _AT, firing),
            Scenario(
                "a record every twenty minutes", node(reads, then(steady(0, 20), steady(1, 19), steady(2, 30))), _AT
            ),
            Scenario("nothing is read", node(still, none), _AT),
            Scenario(
                "a line every twenty minutes", node(then(*(f"{count * 80}+0x19" for count in range(4))), none), _AT
            ),
            Scenario("no data", (), _AT),
        ),
    )


def archive_stale(target: Target) -> Alert:
    """Logs wait for the archive far longer than they should."""
    oldest, held = fluentd.BUFFER_OLDEST, fluentd.BUFFER_BYTES
    archive = f"{_JOB}, plugin_id={quote(fluentd.ARCHIVE_OUTPUT)}"
    limit = OLDEST_IN_BUFFER
    pending = timedelta(minutes=15)

    def waiting(age: timedelta, size: float = 9000, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the beginning of the oldest hour in the buffer, ``age`` ago at the time of the check."""
        return (
            by.series(oldest.name, steady((_AT - age).total_seconds(), _MINUTES), **_ARCHIVE),
            by.series(held.name, steady(size, _MINUTES), **_ARCHIVE),
        )

    other = tuple(
        target.series(metric.name, steady(value, _MINUTES), **_SEARCH) for metric, value in ((oldest, -9e5), (held, 9))
    )
    firing = ({**target.instance_labels, **_ARCHIVE},)
    return Alert(
        name="LogArchiveStale",
        # The time of an empty buffer is that of what was in it last.
        expr=f"time() - {oldest}{{{archive}}} > {number(limit.total_seconds())} and {held}{{{archive}}} > 0",
        # An upload that is under way.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Logs do not reach the archive",
        description="The oldest hour of logs that waits on {{ $labels.instance }} in {{ $labels.environment }} began "
        f"{{{{ $value | humanizeDuration }}}} ago; it is due after {format_duration(fluentd.ARCHIVE_HOUR)} and "
        f"{format_duration(fluentd.ARCHIVE_WAIT)}.",
        meaning="The bucket cannot be reached, or refuses Fluentd's account.",
        impact="None on payments; a node that is lost takes these logs with it, and the buffer fills.",
        scenarios=(
            Scenario(
                "since yesterday, on one of two nodes",
                (*waiting(timedelta(days=1)), *waiting(timedelta(hours=1), by=target.second)),
                _AT,
                firing,
            ),
            Scenario("for as long as it takes", waiting(limit + pending + _MINUTE), _AT, firing),
            Scenario("a few bytes", waiting(timedelta(days=1), size=1), _AT, firing),
            Scenario("a minute too short", waiting(limit + pending), _AT),
            Scenario("the hour before is on its way", waiting(timedelta(hours=2)), _AT),
            Scenario("the buffer is empty since yesterday", waiting(timedelta(days=1), size=0), _AT),
            Scenario("another output has something old", (*other, *waiting(timedelta(hours=1))), _AT),
            Scenario("no data", (), _AT),
        ),
    )
