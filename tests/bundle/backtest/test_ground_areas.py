"""What is simulated around the traffic: everything that rules read, healthy, and the same for the same seed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import promql_parser as ast
import pytest

from payment_alerts.groups import alert_groups, recordings
from payment_bundle.backtest.areas.leaks import SERVICE
from payment_bundle.backtest.setting import Setting
from payment_bundle.backtest.timeline import Timeline
from payment_bundle.backtest.world import World
from payment_catalog.catalog import build_catalog
from payment_catalog.exporter_metrics import backup, host, postgres
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE, RESIDENT_MEMORY, START_TIME
from payment_catalog.promql import parse
from payment_catalog.promql_text import places
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series

#: Prometheus itself writes these.
BY_RULES = {ALERTS.name, ALERTS_FOR_STATE.name}


def world(seed: int = 1) -> World:
    return World.healthy(Setting.of(Settings(), Timeline(weeks=1, resolution=60), seed))


@cache
def healthy() -> tuple[Series, ...]:
    return tuple(world().series())


def named(name: str, series: tuple[Series, ...], **labels: str) -> list[NDArray[np.float64]]:
    return [found.values for found in series if found.name == name and labels.items() <= found.labels.items()]


def read_by_rules() -> set[str]:
    catalog = build_catalog(Settings())
    groups = alert_groups(catalog)
    records = recordings(groups)
    expressions = [rule.expr for rule in records] + [alert.expr for group in groups for alert in group.alerts]
    nodes = [place.node for expression in expressions for place in places(parse(expression))]
    selectors = [node.vector_selector if isinstance(node, ast.MatrixSelector) else node for node in nodes]
    read = {str(node.name) for node in selectors if isinstance(node, ast.VectorSelector)}
    return read - {rule.record for rule in records} - BY_RULES


def test_every_metric_that_a_rule_reads_is_published() -> None:
    assert read_by_rules() <= {found.name for found in healthy()}


def test_the_same_seed_gives_the_same_history() -> None:
    again, other = tuple(world().series()), tuple(world(2).series())

    assert [(found.name, found.labels) for found in again] == [(found.name, found.labels) for found in healthy()]
    assert all(np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(again, healthy(), strict=True))
    assert any(not np.array_equal(a.values, b.values, equal_nan=True) for a, b in zip(other, healthy(), strict=True))


def test_no_series_stands_twice() -> None:
    keys = [(found.name, *sorted(found.labels.items())) for found in healthy()]

    assert len(keys) == len(set(keys))


def test_a_backup_is_never_older_than_the_rpo() -> None:
    (last,) = named(backup.LAST_TIMESTAMP.name, healthy())
    moments = Timeline(weeks=1, resolution=60).moments

    assert (moments - last).min() > 0
    assert (moments - last).max() < Settings().recovery.point_objective.total_seconds()


def test_disks_fill_and_are_freed() -> None:
    (available,) = named(host.DISK_AVAILABLE.name, healthy(), mountpoint="/")
    (size,) = named(host.DISK_SIZE.name, healthy(), mountpoint="/")

    assert (available / size).min() > 0.4
    assert np.diff(available / size).max() > 0.15


def test_what_the_database_tells_is_gone_while_it_does_not_answer() -> None:
    changed = world()
    changed.database.reachable[100:200] = 0
    series = tuple(changed.series())

    (lag,) = named(postgres.REPLICATION_LAG.name, series)
    (success,) = named("payment_exporter_collector_success", series, collector=ExporterCollector.POSTGRES.value)
    assert np.isnan(lag[100:200]).all()
    assert not np.isnan(lag[:100]).any()
    assert not success[100:200].any()


def test_everything_of_the_exporter_is_gone_with_it() -> None:
    changed = world()
    changed.flow.exporter_up[100:200] = 0
    instance = changed.setting.exporter.instance

    theirs = [found for found in changed.series() if found.labels["instance"] == instance and found.name != "up"]

    assert theirs
    assert all(np.isnan(found.values[100:200]).all() for found in theirs)


def test_a_process_that_restarts_needs_less_at_first_and_tells_when_it_began() -> None:
    changed = world()
    changed.flow.up[0, 1000:1002] = 0
    series = tuple(changed.series())
    instance = changed.setting.service[0].instance

    (memory,) = named(RESIDENT_MEMORY, series, instance=instance)
    (started,) = named(START_TIME, series, instance=instance)
    assert memory[1002] < 0.8 * memory[999]
    assert started[1002] == changed.setting.timeline.moments[1002]
    assert changed.leaks.memory[SERVICE, 1002] == pytest.approx(world().leaks.memory[SERVICE, 1002])


def test_series_around_the_traffic_are_few() -> None:
    whole = world()
    around = sum(len(tuple(area.publish(whole))) for area in whole.areas if area is not whole.flow)

    assert around <= 160
