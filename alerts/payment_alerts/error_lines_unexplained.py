"""An alert on ERROR lines beyond those that failed requests write.

Fluentd counts them where it reads them, so that it speaks while Elasticsearch is down. Errors that requests end in are
the matter of ErrorRateHigh and ErrorRateCritical.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.log_line_scenarios import PLACE, at_pace, counted, place
from payment_alerts.scenario_series import Target, selector, steady, then
from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number, quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from payment_catalog.log_series import LogSeries

#: ERROR lines that one failed request writes at most: of what failed, of the rate limiter, and of its answer.
LINES_A_FAILURE = 3
#: Lines a second that no failed request explains: three a minute, where a single error is one.
UNEXPLAINED = 0.05

_AT = timedelta(hours=1)
_MINUTES = 60
_MINUTE = timedelta(minutes=1)


def error_lines_unexplained(series: LogSeries, failed: str, job: str, reader: Target, service: Target) -> Alert:
    """ERROR lines are written that failed requests do not explain; ``failed`` are the latter by the second."""
    (label,) = fluentd.LOG_LINES.label_names
    pending = timedelta(minutes=10)

    def lines(*per_second: float, failures: float = 0) -> tuple[InputSeries, ...]:
        """Return what the Fluentds of two nodes count of ERROR lines, and the requests that fail meanwhile."""
        return (
            *(
                counted(by, LogPattern.ERROR, at_pace(pace, _MINUTES))
                for by, pace in zip((reader, reader.second), per_second, strict=False)
            ),
            requests(steady(failures, _MINUTES)),
        )

    def course(*parts: str) -> tuple[InputSeries, ...]:
        return (counted(reader, LogPattern.ERROR, then(*parts)), requests(steady(0, _MINUTES)))

    def requests(values: str, **labels: str) -> InputSeries:
        return InputSeries(selector(failed, {**service.job_labels, **labels}), values)

    firing = (place(reader),)
    above, below = UNEXPLAINED * 1.02, UNEXPLAINED * 0.98
    return Alert(
        name="ErrorLinesUnexplained",
        # A service that is not scraped has no failed requests to set off against: silence, and PaymentServiceDown.
        expr=f"{series.counted}{{{label}={quote(LogPattern.ERROR)}}} - on ({', '.join(PLACE)}) "
        f"{LINES_A_FAILURE} * {failed}{{{job}}} > {number(UNEXPLAINED)}",
        # Longer than the window, in which a Fluentd that catches up counts the lines of hours.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Errors in the logs of {{ $labels.environment }} that no failed request explains",
        description=f"{{{{ $value | humanize }}}} ERROR lines a second are more than failed requests write, "
        f"{LINES_A_FAILURE} each. Fluentd counts them where it reads them, whether or not Elasticsearch has them.",
        meaning="Something fails that requests do not show: reconciliation, a worker that dies and starts again, "
        "callbacks that do not fit, the rate limiter's storage, or a job in the same namespace.",
        impact="None on the answers to requests; what fails in the background comes to light later, as payments whose "
        "outcome is unknown or figures that do not add up.",
        scenarios=(
            Scenario("one a second, on one of two nodes", lines(1, 0), _AT, firing),
            Scenario("just too many", lines(above), _AT, firing),
            Scenario("spread over two nodes", lines(above * 0.6, above * 0.4), _AT, firing),
            Scenario(
                "just more than failed requests explain", lines(LINES_A_FAILURE * 2 + above, failures=2), _AT, firing
            ),
            Scenario(
                "in bursts every four minutes", course(*(f"{60 * burst}+0x3" for burst in range(16))), _AT, firing
            ),
            Scenario("Fluentd restarts meanwhile", course(at_pace(1, 56), at_pace(1, 6)), _AT, firing),
            Scenario("for as long as it takes", lines(1), pending + _MINUTE, firing),
            Scenario("not for long enough", lines(1), pending),
            Scenario("exactly as many as may be", lines(UNEXPLAINED), _AT),
            Scenario("just not too many", lines(below), _AT),
            Scenario("spread over two nodes, and not too many", lines(below * 0.6, below * 0.4), _AT),
            Scenario("just what failed requests explain", lines(LINES_A_FAILURE * 2 + below, failures=2), _AT),
            Scenario("Fluentd catches up on hours", course(steady(0, 50), steady(5000, 20)), _AT),
            Scenario("Fluentd restarts", course(steady(5000, 55), steady(0, 6)), _AT),
            Scenario("over for seven minutes", course(at_pace(1, 53), steady(60 * 53, 20)), _AT),
            Scenario(
                "counted by another program",
                (
                    counted(replace(reader, job="another"), LogPattern.ERROR, at_pace(1, _MINUTES)),
                    requests(steady(0, _MINUTES)),
                ),
                _AT,
            ),
            Scenario(
                "other lines that the runbook looks for",
                (
                    *(
                        counted(reader, other, at_pace(9, _MINUTES))
                        for other in LogPattern
                        if other is not LogPattern.ERROR
                    ),
                    *lines(0),
                ),
                _AT,
            ),
            Scenario("the service is not scraped, which PaymentServiceDown says", lines(1)[:-1], _AT),
            Scenario(
                "failed requests of others explain nothing",
                (*lines(1), *(requests(steady(99, _MINUTES), **{name: "another"}) for name in (*PLACE, "job"))),
                _AT,
                firing,
            ),
            Scenario("no Fluentd", lines(), _AT),
        ),
    )
