"""Row of the dashboard ``payment-logs`` on Fluentd, which each node has one of.

What the plugin publishes as gauges are counters in all but type, so that ``rate`` holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.external_metrics import UP
from payment_catalog.promql import quote
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, JOB
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Row
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.table import Column, Table
from payment_dashboards.states import NONE_IS_GOOD
from payment_dashboards.states import UP as UP_STATES

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

NO_FLUENTD = "needs Fluentd"
#: Matcher of everything that Fluentd publishes.
FLUENTD = f"job={quote(fluentd.FLUENTD_JOB)}"

_BY_OUTPUT = f"{JOB}, {fluentd.PLUGIN_ID.name}"


def _id(output: str) -> str:
    return f"{fluentd.PLUGIN_ID.name}={quote(output)}"


def rows(kit: Kit) -> tuple[Row, ...]:
    """Return the row."""
    return (
        Row(
            "Does Fluentd forward them?",
            (
                nodes(kit),
                read(kit),
                emitted(kit),
                buffers(kit),
                failures(kit),
                archive_age(kit),
            ),
        ),
    )


def _rate(metric: Metric, by: str, matchers: str = FLUENTD) -> str:
    return f"sum by ({by}) (rate({metric}{{{matchers}}}[$__rate_interval]))"


def nodes(kit: Kit) -> Table:
    """Return how Fluentd does on each node."""
    failed = kit.measured("FluentdOutputFails", "").expr
    return Table(
        title="Fluentd on each node",
        description="Whether it answers, what it reads and sends to Elasticsearch, what is left of its fullest buffer, "
        f"and its failed attempts to send of the last {kit.window('FluentdOutputFails')}. One that reads and sends "
        "nothing has lost its way.",
        queries=(
            Query(f"max by ({INSTANCE}) ({UP}{{{FLUENTD}}})"),
            Query(_rate(fluentd.TAIL_POSITION, INSTANCE)),
            Query(_rate(fluentd.EMITTED, INSTANCE, f"{FLUENTD}, {_id(fluentd.SEARCH_OUTPUT)}")),
            Query(f"min by ({INSTANCE}) ({fluentd.BUFFER_AVAILABLE}{{{FLUENTD}}})"),
            Query(f"sum by ({INSTANCE}) ({failed})"),
        ),
        columns=(
            Column(source="instance", title="Node"),
            Column(source="environment", title="Environment", width=130),
            Column(source="Value #A", title="Answers", states=UP_STATES, width=110),
            Column(source="Value #B", title="Reads", unit=Unit.BYTES_PER_SECOND, width=130),
            Column(source="Value #C", title="To Elasticsearch", unit=Unit.EVENTS_PER_SECOND, width=130),
            Column(
                source="Value #D",
                title="Buffer left",
                unit=Unit.PERCENT,
                limits=kit.limits("FluentdBufferNearlyFull"),
                width=130,
            ),
            Column(
                source="Value #E",
                title="Failed attempts",
                unit=Unit.COUNT,
                limits=kit.limits("FluentdOutputFails"),
                states=NONE_IS_GOOD,
                width=140,
            ),
        ),
        links=kit.runbooks("FluentdDown", "FluentdForwardsNothing"),
        sort="Answers",
        no_value=NO_FLUENTD,
        width=24,
    )


def read(kit: Kit) -> OverTime:
    """Return what is read of the log files."""
    return OverTime(
        title="Read from log files",
        description="Bytes a second that Fluentd reads of the containers' log files, on all nodes together.",
        queries=(Query(_rate(fluentd.TAIL_POSITION, JOB), "{{environment}}"),),
        unit=Unit.BYTES_PER_SECOND,
        links=kit.runbooks("FluentdForwardsNothing"),
        no_value=NO_FLUENTD,
    )


def emitted(kit: Kit) -> OverTime:
    """Return the records that reach each output."""
    return OverTime(
        title="Records by output",
        description="Records a second that reach each output, on all nodes together. Those to 'unparsed' are lines "
        "that are not the service's JSON.",
        queries=(Query(_rate(fluentd.EMITTED, _BY_OUTPUT), "{{plugin_id}}"),),
        unit=Unit.EVENTS_PER_SECOND,
        links=kit.runbooks("FluentdForwardsNothing"),
        no_value=NO_FLUENTD,
    )


def buffers(kit: Kit) -> OverTime:
    """Return what is left of each output's fullest buffer."""
    return OverTime(
        title="Buffer left, on the fullest node",
        description="What is free of each output's buffer, on the node where it is least. It falls when the output "
        "takes less than comes in.",
        queries=(Query(f"min by ({_BY_OUTPUT}) ({fluentd.BUFFER_AVAILABLE}{{{FLUENTD}}})", "{{plugin_id}}"),),
        unit=Unit.PERCENT,
        limits=kit.limits("FluentdBufferNearlyFull"),
        links=kit.runbooks("FluentdBufferNearlyFull"),
        calculations=("lastNotNull", "min"),
        maximum=100,
        no_value=NO_FLUENTD,
    )


def failures(kit: Kit) -> OverTime:
    """Return how often sending failed."""
    window = kit.window("FluentdOutputFails")
    failed = kit.measured("FluentdOutputFails", "").expr
    return OverTime(
        title=f"Failed attempts to send within {window}",
        description=f"Attempts of the last {window} to send a chunk that failed, on the node with the most. Single "
        "ones are those of a network; those that go on are an output that does not work.",
        queries=(Query(f"max by ({_BY_OUTPUT}) ({failed})", "{{plugin_id}}"),),
        limits=kit.limits("FluentdOutputFails"),
        links=kit.runbooks("FluentdOutputFails"),
        no_value=NO_FLUENTD,
        width=12,
    )


def archive_age(kit: Kit) -> OverTime:
    """Return how old the records are that wait for the archive."""
    oldest = kit.measured("LogArchiveStale", "").expr
    waiting = f"{fluentd.BUFFER_BYTES}{{{FLUENTD}, {_id(fluentd.ARCHIVE_OUTPUT)}}} > 0"
    return OverTime(
        title="Oldest records that wait for the archive",
        description="Age of the oldest hour in the archive's buffer, on the node where it is oldest. Each hour is sent "
        "when it is over; above the limit the archive does not take them.",
        queries=(Query(f"max by ({JOB}) ({oldest} and {waiting})", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("LogArchiveStale"),
        links=kit.runbooks("LogArchiveStale"),
        no_value="nothing waits, or no Fluentd",
        width=12,
    )
