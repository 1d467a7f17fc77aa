"""The dashboard on hosts, programs and Kubernetes: what runs out is seen, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey
from payment_dashboards.boards.infrastructure import disks, first_disk_full, infrastructure
from payment_dashboards.boards.infrastructure_kubernetes import missing_pods, pods, quotas
from payment_dashboards.boards.infrastructure_programs import rise_a_day
from payment_dashboards.kit import Kit
from payment_dashboards.limits import Limits

from .evaluation import evaluates

if TYPE_CHECKING:
    from pathlib import Path


def kit(settings: Settings) -> Kit:
    catalog = build_catalog(settings)
    return Kit(catalog, watching(alert_groups(catalog)))


KIT = kit(Settings())

PLACE = 'environment="production", namespace="payment-service"'
EXPORTER = f'{PLACE}, job="payment-exporter", instance="one:9877"'
STATE_METRICS = f'{PLACE}, job="kube-state-metrics"'


def disk(mountpoint: str, available: str) -> dict[str, str]:
    labels = f'{EXPORTER}, mountpoint="{mountpoint}"'
    return {
        f"host_disk_available_bytes{{{labels}}}": available,
        f"host_disk_size_bytes{{{labels}}}": "6000x120",
    }


def test_the_first_disk_that_is_full_is_one_that_is_taken_already(tmp_path: Path) -> None:
    # A hundredth of a disk a minute: after an hour, 600 is left for 10 minutes and 3000 for 50.
    nearly_full, half_full, still = (
        disk("/data", "4200-60x120"),
        disk("/logs", "6600-60x120"),
        disk("/", "100x120"),
    )
    (query,) = first_disk_full(KIT).queries
    evaluates(tmp_path, query.expr, {**nearly_full, **half_full, **still}, {"{}": 600})


def test_a_disk_that_does_not_fill_has_no_time_at_which_it_is_full(tmp_path: Path) -> None:
    full_in = disks(KIT).queries[-1]
    evaluates(tmp_path, full_in.expr, {**disk("/", "100x120"), **disk("/logs", "100+1x120")}, {})


def test_the_time_that_is_left_is_coloured_by_what_the_alerts_foresee() -> None:
    limits = first_disk_full(KIT).limits
    for name, seconds in {"DiskFullWithinADay": limits.warning, "DiskFullWithinHours": limits.critical}.items():
        assert f", {seconds:g}) < 0" in KIT.watching.alerts[name].expr


def test_a_quota_has_a_line_where_little_is_left_and_one_where_nothing_is() -> None:
    assert quotas(KIT).limits == Limits(warning=0.9, critical=1)


@pytest.mark.parametrize(
    ("levels", "limits"),
    [
        (Levels(warning=0.75), Limits(warning=0.75)),
        (Levels(warning=None, critical=0.9), Limits(critical=0.9)),
    ],
)
def test_a_threshold_of_the_settings_is_followed_wherever_it_is_drawn(levels: Levels, limits: Limits) -> None:
    changed = kit(Settings(thresholds={ThresholdKey.DISK_USAGE: levels}))
    board = infrastructure(changed)
    drawn = {panel.title: panel for row in board.rows for panel in row.panels}
    assert drawn["Fullest disk"].limits == drawn["Disk usage"].limits == limits  # type: ignore[union-attr]
    assert next(column for column in disks(changed).columns if column.title == "Used").limits == limits


def test_only_a_process_that_is_old_enough_leaks(tmp_path: Path) -> None:
    memory = rise_a_day(KIT).queries[1]
    old, young = (f'{PLACE}, job="payment-service", instance="{name}:8080"' for name in ("old", "young"))
    series = {
        **{f"process_resident_memory_bytes{{{labels}}}": "1000+60x2000" for labels in (old, young)},
        f"process_start_time_seconds{{{old}}}": "0x2000",
        f"process_start_time_seconds{{{young}}}": "36000x2000",
    }
    evaluates(tmp_path, memory.expr, series, {f"{{{old}}}": 86400}, at="31h")


def deployment(name: str, wanted: int, available: int) -> dict[str, str]:
    """Return a deployment, seen by two kube-state-metrics."""
    return {
        f'kube_deployment_{metric}{{{STATE_METRICS}, instance="{seen_by}", deployment="{name}"}}': f"{count}x120"
        for metric, count in {"spec_replicas": wanted, "status_replicas_available": available}.items()
        for seen_by in ("one:8080", "two:8080")
    }


def test_pods_that_are_missing_are_counted_once(tmp_path: Path) -> None:
    (query,) = missing_pods(KIT).queries
    series = {**deployment("payment-service", 5, 3), **deployment("payment-exporter", 1, 1)}
    evaluates(tmp_path, query.expr, series, {"{}": 2})


def test_a_pod_that_has_done_its_work_is_not_shown_as_one_that_is_not_ready(tmp_path: Path) -> None:
    ready = pods(KIT).queries[0]
    of = {name: f'{STATE_METRICS}, instance="one:8080", pod="{name}", uid="{name}"' for name in ("done", "starting")}
    series = {
        **{f'kube_pod_status_ready{{{labels}, condition="true"}}': "0x120" for labels in of.values()},
        f'kube_pod_status_phase{{{of["done"]}, phase="Succeeded"}}': "1x120",
        f'kube_pod_status_phase{{{of["starting"]}, phase="Succeeded"}}': "0x120",
    }
    evaluates(tmp_path, ready.expr, series, {f'{{{STATE_METRICS}, pod="starting"}}': 0})
