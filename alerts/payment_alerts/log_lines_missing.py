"""An alert on log lines that Fluentd has read and Elasticsearch does not hold.

Where all of them are missing, NoLogsArrive says so; where Fluentd fails to send, FluentdOutputFails. What is left are
lines that were sent and refused one by one, or that cannot be found where they should be.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.log_line_scenarios import at_pace, counted, place
from payment_alerts.scenario_series import Target, restarted, steady, then
from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import elasticsearch
from payment_catalog.incident import IncidentKey
from payment_catalog.log_series import COMPARED
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from payment_catalog.log_series import LogSeries

#: Share of the lines read that Elasticsearch holds. Those of the last seconds are on their way; half is no delay.
HELD = 0.5
#: Lines a second of a pattern, 90 in the time that is compared; of fewer, a handful that is late is a large part.
FEWEST = 0.1

_MINUTE = timedelta(minutes=1)


def log_lines_missing(series: LogSeries, reader: Target, exporter: Target) -> Alert:
    """Elasticsearch holds far fewer lines than Fluentd read."""
    (label,) = fluentd.LOG_LINES.label_names
    # The time that is compared must have passed over a restart, and over a Fluentd that catches up.
    pending = timedelta(minutes=20)
    minutes = 90
    at = timedelta(minutes=minutes)
    much = FEWEST * 20
    error, other = LogPattern.ERROR, LogPattern.PAYMENT_FAILED

    def read(*values: str, pattern: LogPattern = error) -> tuple[InputSeries, ...]:
        """Return what the Fluentds of as many nodes count."""
        return tuple(counted(by, pattern, each) for by, each in zip((reader, reader.second), values, strict=False))

    def pace(per_second: float) -> str:
        return at_pace(per_second, minutes)

    def held(per_second: float, pattern: LogPattern = error, by: Target = exporter) -> InputSeries:
        return found(steady(per_second * elasticsearch.LOG_WINDOW_SECONDS, minutes), pattern, by)

    def found(values: str, pattern: LogPattern = error, by: Target = exporter) -> InputSeries:
        """Return the exporter's counts, of ``LOG_WINDOW_SECONDS`` each."""
        return by.series(elasticsearch.LOG_LINES.name, values, **{label: pattern.value})

    def in_turns(*counts: float) -> str:
        return then(*(steady(count, 7) for _ in range(6) for count in counts))

    firing = ({**place(reader), label: error.value},)
    full = much * elasticsearch.LOG_WINDOW_SECONDS
    return Alert(
        name="LogLinesMissing",
        expr=f"{series.held} < {number(HELD)} * ({series.read} > {number(FEWEST)})",
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="Elasticsearch lacks log lines that Fluentd has read: {{ $labels.pattern }}",
        description=f"{{{{ $value | humanize }}}} lines a second of the last {format_duration(COMPARED)} are found in "
        f"{{{{ $labels.environment }}}}, less than {number(HELD * 100)}% of those that were read.",
        meaning="Elasticsearch refuses lines, as after a change of a field's type, or they bear a wrong time, go to "
        "another index, or come more than minutes late.",
        impact="None on payments; who looks into an incident finds a part of the logs. Lines that were refused are in "
        "the archive, and in the node's /var/log/fluentd-unparsed.",
        scenarios=(
            Scenario("none is there", (*read(pace(much)), held(0)), at, firing),
            Scenario("just too few", (*read(pace(much)), held(much * HELD * 0.98)), at, firing),
            Scenario("just enough are read", (*read(pace(FEWEST * 1.02)), held(0)), at, firing),
            Scenario(
                "read on two nodes",
                (*read(pace(FEWEST * 0.6), pace(FEWEST * 0.6)), held(FEWEST * 0.4)),
                at,
                firing,
            ),
            Scenario(
                "of one pattern",
                (
                    *read(pace(much)),
                    *read(pace(much), pattern=other),
                    held(0),
                    held(much, other),
                ),
                at,
                firing,
            ),
            Scenario(
                "eight minutes of nearly all after eight of none",
                (*read(pace(much)), found(in_turns(0, full * 0.9))),
                at,
                firing,
            ),
            Scenario(
                "none for half an hour",
                (*read(pace(much)), found(then(steady(full, 58), steady(0, 40)))),
                at,
                firing,
            ),
            Scenario(
                "Fluentd restarts meanwhile",
                (*restarted(read(at_pace(much, 80)), read(at_pace(much, 20))), held(0)),
                at,
                firing,
            ),
            Scenario(
                "which both of two exporters find",
                (*read(pace(much)), held(much * HELD * 0.6), held(much * HELD * 0.6, by=exporter.second)),
                at,
                firing,
            ),
            Scenario(
                "read in bursts every ten minutes",
                (*read(then(*(f"{burst * much * 600}+0x9" for burst in range(10)))), held(0)),
                at,
                firing,
            ),
            Scenario("for as long as it takes", (*read(pace(much * 10)), held(0)), pending + _MINUTE, firing),
            Scenario("not for long enough", (*read(pace(much * 10)), held(0)), pending),
            Scenario("just not too few", (*read(pace(much)), held(much * HELD * 1.02)), at),
            Scenario("exactly enough", (*read(pace(much)), held(much * HELD)), at),
            Scenario(
                "eight minutes of all after eight of none", (*read(pace(much)), found(in_turns(0, full * 1.2))), at
            ),
            Scenario("exactly as many are read as may be missing", (*read(pace(FEWEST)), held(0)), at),
            Scenario("just too few are read", (*read(pace(FEWEST * 0.98)), held(0)), at),
            Scenario("all are there", (*read(pace(much)), held(much)), at),
            Scenario(
                "one of two exporters does not find them",
                (*read(pace(much)), held(much * 0.9), held(0, by=exporter.second)),
                at,
            ),
            Scenario(
                "Fluentd catches up on hours",
                (*read(then(steady(0, 64), steady(50_000, 40))), held(0)),
                at,
            ),
            Scenario(
                "Fluentd restarts after a long time", (*read(then(steady(90_000, 70), steady(0, 20))), held(0)), at
            ),
            Scenario("Elasticsearch is not asked, or does not answer", read(pace(much)), at),
            Scenario("no Fluentd", (held(0),), at),
            Scenario(
                "counted by another program",
                (counted(replace(reader, job="another"), error, pace(much)), held(0)),
                at,
            ),
            Scenario(
                "counts of another exporter",
                (*read(pace(much)), held(0, by=replace(exporter, job="another"))),
                at,
            ),
        ),
    )
