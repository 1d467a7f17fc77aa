"""The dashboard ``payment-logs``: do logs arrive, what do they say, and where on their way do they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import fluentd_metrics as fluentd
from payment_catalog.dashboards import Dashboard
from payment_catalog.exporter_metrics import elasticsearch
from payment_catalog.external_metrics import UP
from payment_catalog.promql import quote
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, JOB, exporter_job
from payment_catalog.thresholds import Side, Unit
from payment_catalog.vocabulary import ClusterStatus, LogPattern
from payment_dashboards.board import Board, Row
from payment_dashboards.boards import logs_archive, logs_fluentd, logs_lines
from payment_dashboards.boards.logs_fluentd import FLUENTD, NO_FLUENTD
from payment_dashboards.colours import GOOD, LOG_PATTERNS, WARNING
from payment_dashboards.limits import Limits
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.states import States
from payment_dashboards.states import CLUSTER_STATES

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

NO_ELASTICSEARCH = "needs Elasticsearch"


def logs(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.LOGS,
        "Do the service's logs arrive, what do they say, and where on their way from Fluentd to Elasticsearch and to "
        "the archive do they stay?",
        (
            Row(
                "Do logs arrive?",
                (
                    newest_age(kit),
                    errors(kit),
                    health(kit),
                    unassigned(kit),
                    fluentd_up(kit),
                    buffer_left(kit),
                ),
            ),
            Row("What do they say?", (lines(kit), age(kit))),
            logs_lines.row(kit),
            Row("Does Elasticsearch take them?", (health_course(kit), shards(kit), pending_tasks(kit))),
            *logs_fluentd.rows(kit),
            *logs_archive.rows(kit),
        ),
    )


def _of_cluster(kit: Kit, metric: Metric, legend: str = "") -> Query:
    """Return a figure of the cluster's: of several exporters that ask it, the highest."""
    return Query(f"max by ({JOB}) ({metric}{{{exporter_job(kit.settings)}}})", legend)


def newest_age(kit: Kit) -> Stat:
    """Return the age of the newest line."""
    return Stat(
        title="Newest line",
        description="Age of the newest log line that can be searched. The service writes one for every request: an old "
        "one means that the logs stay somewhere.",
        queries=(kit.measured("NoLogsArrive", "age"),),
        unit=Unit.SECONDS,
        limits=kit.limits("NoLogsArrive"),
        links=kit.runbooks("NoLogsArrive", "NoLogInElasticsearch"),
        value_links=(kit.logs("Newest lines", "*"),),
        no_value=NO_ELASTICSEARCH,
        sparkline=True,
    )


def errors(kit: Kit) -> Stat:
    """Return how many lines are errors."""
    lines = f"{elasticsearch.LOG_LINES}{{{exporter_job(kit.settings)}, pattern={quote(LogPattern.ERROR)}}}"
    minutes = elasticsearch.LOG_WINDOW_SECONDS // 60
    return Stat(
        title=f"Errors in {minutes} minutes",
        description=f"Lines of level ERROR in the last {minutes} minutes.",
        queries=(Query(f"max by ({JOB}) ({lines})", "errors"),),
        value_links=(kit.lines(LogPattern.ERROR),),
        no_value=NO_ELASTICSEARCH,
        sparkline=True,
    )


def _health(kit: Kit) -> str:
    """Return the cluster's health as its place in the enumeration: the worst that an exporter was told."""
    job = exporter_job(kit.settings)
    ranks = (
        f"{rank} * max by ({INSTANCE}) ({elasticsearch.CLUSTER_STATUS}{{{job}, color={quote(status)}}})"
        for rank, status in enumerate(ClusterStatus)
    )
    return f"max by ({JOB}) ({' + '.join(ranks)})"


def health(kit: Kit) -> Stat:
    """Return the health of the cluster."""
    return Stat(
        title="Elasticsearch",
        description="Health of the cluster: yellow is without some copies, red without some of the logs themselves.",
        queries=(Query(_health(kit)),),
        unit=Unit.STATE,
        states=CLUSTER_STATES,
        links=kit.runbooks("ElasticsearchRed", "ElasticsearchYellow"),
        no_value=NO_ELASTICSEARCH,
    )


def unassigned(kit: Kit) -> Stat:
    """Return the shards that no node holds."""
    return Stat(
        title="Shards unassigned",
        description=f"{elasticsearch.UNASSIGNED_SHARDS.description} Of a single node these are the copies; else a node "
        "is away, or has no room.",
        queries=(_of_cluster(kit, elasticsearch.UNASSIGNED_SHARDS, "unassigned"),),
        no_value=NO_ELASTICSEARCH,
        sparkline=True,
    )


def fluentd_up(kit: Kit) -> Stat:
    """Return the share of Fluentds that answer."""
    return Stat(
        title="Fluentd up",
        description="Share of the nodes whose Fluentd answers. Logs of the others wait in files, which are rotated "
        "away in the end.",
        queries=(Query(f"avg({UP}{{{FLUENTD}}})", "up"),),
        unit=Unit.RATIO,
        limits=Limits(Side.BELOW, warning=1),
        links=kit.runbooks("FluentdDown"),
        no_value=NO_FLUENTD,
    )


def buffer_left(kit: Kit) -> Stat:
    """Return what is left of the fullest buffer."""
    return Stat(
        title="Least buffer left",
        description="What is free of the fullest buffer of all nodes. A full buffer stops the reading for every "
        "output.",
        queries=(Query(f"min({fluentd.BUFFER_AVAILABLE}{{{FLUENTD}}})", "free"),),
        unit=Unit.PERCENT,
        limits=kit.limits("FluentdBufferNearlyFull"),
        links=kit.runbooks("FluentdBufferNearlyFull"),
        no_value=NO_FLUENTD,
        sparkline=True,
    )


def lines(kit: Kit) -> OverTime:
    """Return the lines that match the runbook's patterns."""
    by = f"{JOB}, pattern"
    return OverTime(
        title="Lines that the runbook looks for",
        description=f"{elasticsearch.LOG_LINES.description} A click on a line leads to them in Kibana.",
        queries=(Query(f"max by ({by}) ({elasticsearch.LOG_LINES}{{{exporter_job(kit.settings)}}})", "{{pattern}}"),),
        own_links={pattern: kit.lines(pattern) for pattern in LogPattern},
        colours=LOG_PATTERNS,
        no_value=NO_ELASTICSEARCH,
        width=12,
    )


def age(kit: Kit) -> OverTime:
    """Return the age of the newest line over time."""
    return OverTime(
        title="Age of the newest line",
        description="Seconds while logs flow, minutes at night; a line that rises steadily means that nothing arrives. "
        "Above the limit it is an alert where payments were made meanwhile.",
        queries=(kit.measured("NoLogsArrive", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("NoLogsArrive"),
        links=kit.runbooks("NoLogsArrive", "NoLogInElasticsearch"),
        no_value=NO_ELASTICSEARCH,
        width=12,
    )


def health_course(kit: Kit) -> States:
    """Return the health of the cluster over time."""
    return States(
        title="Health of Elasticsearch",
        description="What the cluster said of itself. A restart of a node makes it yellow for minutes.",
        queries=(Query(_health(kit), "{{environment}}"),),
        states=CLUSTER_STATES,
        links=kit.runbooks("ElasticsearchRed", "ElasticsearchYellow"),
        no_value=NO_ELASTICSEARCH,
    )


def shards(kit: Kit) -> OverTime:
    """Return the shards that are there and that are not."""
    return OverTime(
        title="Shards",
        description="Shards that nodes hold, and those that no node holds, which rise when one is lost.",
        queries=(
            _of_cluster(kit, elasticsearch.ACTIVE_SHARDS, "active"),
            _of_cluster(kit, elasticsearch.UNASSIGNED_SHARDS, "unassigned"),
        ),
        colours={"active": GOOD, "unassigned": WARNING},
        no_value=NO_ELASTICSEARCH,
    )


def pending_tasks(kit: Kit) -> OverTime:
    """Return the changes of the cluster that wait, and its nodes."""
    return OverTime(
        title="Pending tasks and nodes",
        description="Changes of the cluster's state that wait for its master, and its nodes. Tasks that stay mean that "
        "the master is overloaded or away.",
        queries=(
            _of_cluster(kit, elasticsearch.PENDING_TASKS, "pending tasks"),
            _of_cluster(kit, elasticsearch.NODES, "nodes"),
        ),
        no_value=NO_ELASTICSEARCH,
    )
