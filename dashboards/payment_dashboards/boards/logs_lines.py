"""Row of the dashboard ``payment-logs`` on lines as Fluentd counts them: also while Elasticsearch has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.log_series import COMPARED, log_series
from payment_catalog.signal import Query
from payment_catalog.thresholds import Unit
from payment_catalog.vocabulary import LogPattern
from payment_dashboards.board import Row
from payment_dashboards.boards.logs_fluentd import NO_FLUENTD
from payment_dashboards.colours import LOG_PATTERNS
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit


def row(kit: Kit) -> Row:
    """Return the row."""
    return Row("What does Fluentd read?", (by_pattern(kit), unexplained(kit), read_and_held(kit)))


def by_pattern(kit: Kit) -> OverTime:
    """Return the lines that match the runbook's patterns."""
    return OverTime(
        title="Lines read, by pattern",
        description="Lines a second that match a pattern of the runbook, on all nodes together, counted before they "
        "are sent anywhere. A click on a line leads to them in Kibana.",
        queries=(Query(log_series(kit.settings).counted.record, "{{pattern}}"),),
        unit=Unit.EVENTS_PER_SECOND,
        own_links={pattern: kit.lines(pattern) for pattern in LogPattern},
        colours=LOG_PATTERNS,
        no_value=NO_FLUENTD,
    )


def unexplained(kit: Kit) -> OverTime:
    """Return the errors that failed requests do not explain."""
    alert = "ErrorLinesUnexplained"
    return OverTime(
        title="Errors that no failed request explains",
        description="ERROR lines a second beyond those that failed requests write: of work in the background, of jobs, "
        "of workers that die. Below zero requests fail and write less than they may.",
        queries=(kit.measured(alert, "{{environment}}"),),
        unit=Unit.EVENTS_PER_SECOND,
        limits=kit.limits(alert),
        links=kit.runbooks(alert),
        value_links=(kit.lines(LogPattern.ERROR),),
        minimum=None,
        no_value=NO_FLUENTD,
    )


def read_and_held(kit: Kit) -> OverTime:
    """Return what Fluentd reads beside what Elasticsearch holds of it."""
    alert, series = "LogLinesMissing", log_series(kit.settings)
    return OverTime(
        title="Lines read, and lines found",
        description=f"Lines a second of the last {format_duration(COMPARED)} that Fluentd has read, dashed, and those "
        "that are found in Elasticsearch. Both are alike while all arrive; what is refused is missing from the second.",
        queries=(Query(series.held.record, "{{pattern}}"), Query(series.read.record, "{{pattern}} read")),
        unit=Unit.EVENTS_PER_SECOND,
        colours=LOG_PATTERNS,
        bounds=tuple(f"{pattern} read" for pattern in LogPattern),
        own_links={pattern: kit.lines(pattern) for pattern in LogPattern},
        links=kit.runbooks(alert),
        no_value=f"{NO_FLUENTD} and Elasticsearch",
    )
