"""Log lines do not arrive, or only by luck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import out_of_date, rising, seconds_into, setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.fluentd_metrics import ARCHIVE_OUTPUT, SEARCH_OUTPUT
from payment_catalog.incident import IncidentKey
from payment_catalog.log_archive import OVERDUE
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import ClusterStatus

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_SERVICE = IncidentKey.SERVICE_UNAVAILABLE


def arrives_late(by: timedelta) -> Strike:
    """Return lines that are late by that much after a while; all are stuck when it is longer than that lasts."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        world.logs.lag[when] += np.minimum(seconds_into(world, when), by.total_seconds())

    return strike


def none_left(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let nothing be found: the indices are gone."""
    del rng
    world.logs.lag[when] = np.nan


def coloured(colour: ClusterStatus) -> Strike:
    """Return a cluster with shards that are missing (red) or have no copy (yellow)."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        world.logs.colour[when] = colour

    return strike


def fluentd_down(world: World, when: slice, rng: np.random.Generator) -> None:
    """Take Fluentd away; what was written meanwhile is read afterwards."""
    del rng
    world.logs.running[when] = 0
    world.logs.lag[when] += seconds_into(world, when)


def buffered(free: float, over: timedelta, retries_an_hour: float) -> Strike:
    """Return a buffer that fills until so many percent of it are free, with chunks that are tried again."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        risen = rising(world, when, over)
        percent = world.logs.free[SEARCH_OUTPUT]
        percent[when] += (free + rng.normal(0, 0.5, risen.size) - percent[when]) * risen
        world.logs.retries[SEARCH_OUTPUT][when] += retries_an_hour / 3600 * setting_in(world, when, rng)

    return strike


def retried(output: str, per_hour: float) -> Strike:
    """Return an output whose chunks are tried again."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.logs.retries[output][when] += per_hour / 3600 * setting_in(world, when, rng)

    return strike


def forwards(share: float) -> Strike:
    """Return a pipeline that reads all lines and forwards that ``share`` of them."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        world.logs.forwarded[when] = share
        if share == 0:
            world.logs.lag[when] += seconds_into(world, when)

    return strike


def not_archived(world: World, when: slice, rng: np.random.Generator) -> None:
    """Keep the archive's lines in their buffer."""
    del rng
    world.logs.archive_lag[when] += seconds_into(world, when)


def unexplained(per_second: float, kept: float = 1) -> Strike:
    """Return errors for which no request failed, of whose lines Elasticsearch holds the share ``kept``."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.logs.errors[when] += per_second * setting_in(world, when, rng)
        world.logs.kept[when] = kept

    return strike


_ARRIVING = Kind(
    "logs-late",
    "No log lines arrive in Elasticsearch",
    _SERVICE,
    frozenset({"NoLogsArrive", "NoLogInElasticsearch"}),
    {
        Strength.SLIGHT: Level(None, 30 * _MINUTE, arrives_late(5 * _MINUTE)),
        Strength.NOTICEABLE: Level(Priority.P3, 90 * _MINUTE, arrives_late(24 * _HOUR), hours=Hours.BUSY),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, none_left, hours=Hours.BUSY),
    },
)
_CLUSTER = Kind(
    "elasticsearch-health",
    "Shards of the logs are missing, or have no copy",
    _SERVICE,
    frozenset({"ElasticsearchRed", "ElasticsearchYellow"}),
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, coloured(ClusterStatus.YELLOW)),
        Strength.NOTICEABLE: Level(Priority.P3, 3 * _HOUR, coloured(ClusterStatus.YELLOW)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, coloured(ClusterStatus.RED)),
    },
)
_FLUENTD = Kind(
    "fluentd-down",
    "Fluentd does not run on a node",
    _SERVICE,
    frozenset({"FluentdDown", "NoLogsArrive"}),
    {
        Strength.SLIGHT: Level(None, _MINUTE, fluentd_down),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, fluentd_down),
    },
)
_BUFFER = Kind(
    "fluentd-buffer",
    "The buffer of log lines fills",
    _SERVICE,
    frozenset({"FluentdBufferNearlyFull", "FluentdOutputFails"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, buffered(60, 20 * _MINUTE, 0)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, buffered(12, 40 * _MINUTE, 0)),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, buffered(1, 20 * _MINUTE, 60)),
    },
)
_RETRIES = Kind(
    "fluentd-retries",
    "Elasticsearch refuses what Fluentd sends",
    _SERVICE,
    frozenset({"FluentdOutputFails"}),
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, retried(SEARCH_OUTPUT, 10)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, retried(SEARCH_OUTPUT, 60)),
    },
)
_FORWARDING = Kind(
    "fluentd-forwards-nothing",
    "Lines are read and go nowhere",
    _SERVICE,
    frozenset({"FluentdForwardsNothing", "NoLogsArrive"}),
    {
        Strength.SLIGHT: Level(None, 30 * _MINUTE, forwards(0.9)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, forwards(0)),
    },
)
_ARCHIVE = Kind(
    "archive-stale",
    "Logs do not reach the archive",
    _SERVICE,
    frozenset({"LogArchiveStale", "FluentdOutputFails"}),
    {
        Strength.SLIGHT: Level(None, 90 * _MINUTE, not_archived),
        Strength.NOTICEABLE: Level(Priority.P3, 6 * _HOUR, not_archived),
    },
)
_ARCHIVE_RETRIES = Kind(
    "archive-retries",
    "The archive refuses what Fluentd sends",
    _SERVICE,
    frozenset({"FluentdOutputFails", "LogArchiveStale"}),
    {Strength.NOTICEABLE: Level(Priority.P3, _HOUR, retried(ARCHIVE_OUTPUT, 40))},
)

_UNEXPLAINED = Kind(
    "errors-unexplained",
    "The service logs errors, and no request fails",
    IncidentKey.HIGH_ERROR_RATE,
    frozenset({"ErrorLinesUnexplained"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, unexplained(0.01)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, unexplained(0.3)),
    },
)
_LOST = Kind(
    "log-lines-lost",
    "Elasticsearch refuses most lines",
    _SERVICE,
    frozenset({"LogLinesMissing", "ErrorLinesUnexplained"}),
    {Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, unexplained(0.5, kept=0.2))},
)
_ARCHIVE_JOB = Kind(
    "archive-job-overdue",
    "Old log files are not archived",
    _SERVICE,
    frozenset({"LogArchiveOverdue", "LogArchiveJobOverdue"}),
    {Strength.NOTICEABLE: Level(Priority.P3, 3 * _HOUR, out_of_date(OVERDUE, lambda world: world.archive.complete))},
)

KINDS = (
    _ARRIVING,
    _CLUSTER,
    _FLUENTD,
    _BUFFER,
    _RETRIES,
    _FORWARDING,
    _ARCHIVE,
    _ARCHIVE_RETRIES,
    _UNEXPLAINED,
    _LOST,
    _ARCHIVE_JOB,
)
