"""Two exporters side by side publish the same figures: each alert on them fires once, and for the same reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from payment_alerts.groups import alert_groups
from payment_alerts.promtool import Promtool
from payment_alerts.rule_tests import rule_tests
from payment_alerts.scenario_series import exporter_target
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import quote
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from payment_alerts.alert import Alert, AlertGroup, InputSeries

Written = Callable[[Settings], Path]

CATALOG = build_catalog(Settings())
FIRST = exporter_target(CATALOG.settings)
SECOND = replace(FIRST, instance="second-exporter:9877")
#: Figures of the exporter's own host and of its own files: two exporters are two things.
OF_THE_INSTANCE = {
    "CpuUsageHigh",
    "MemoryUsageHigh",
    "DiskUsageHigh",
    "ExporterConfigurationRejected",
    "FileDescriptorsNearLimit",
    "MemoryLeak",
    "FileDescriptorLeak",
    "DiskFullWithinADay",
    "DiskFullWithinHours",
    "LogArchiveOverdue",
    "LogArchiveNeverComplete",
}


def is_the_exporters(series: InputSeries) -> bool:
    return f"instance={quote(FIRST.instance)}" in series.series and not series.series.startswith("up{")


def reads_the_exporter(alert: Alert) -> bool:
    return any(is_the_exporters(series) for scenario in alert.scenarios for series in scenario.series)


ON_THE_EXPORTER = [alert for group in alert_groups(CATALOG) for alert in group.alerts if reads_the_exporter(alert)]
SHARED = {
    group.file: replace(
        group,
        alerts=tuple(
            alert for alert in group.alerts if reads_the_exporter(alert) and alert.name not in OF_THE_INSTANCE
        ),
    )
    for group in alert_groups(CATALOG)
}


def seen_by_the_second(series: InputSeries) -> InputSeries:
    return replace(
        series, series=series.series.replace(f"instance={quote(FIRST.instance)}", f"instance={quote(SECOND.instance)}")
    )


def both(series: InputSeries) -> tuple[InputSeries, ...]:
    return (series, seen_by_the_second(series)) if is_the_exporters(series) else (series,)


def at_two_exporters(group: AlertGroup) -> AlertGroup:
    """Return the group with every scenario seen by two exporters; what fires is the same."""
    return replace(group, alerts=tuple(_at_two_exporters(alert) for alert in group.alerts))


def _at_two_exporters(alert: Alert) -> Alert:
    scenarios = tuple(
        replace(scenario, series=tuple(found for series in scenario.series for found in both(series)))
        for scenario in alert.scenarios
    )
    return replace(alert, scenarios=scenarios)


def failures(directory: Path, group: AlertGroup) -> set[str]:
    """Run the scenarios of ``group`` against the rules on disk; return the names of alerts that fail one."""
    files = []
    for path, document in rule_tests(CATALOG, (group,)).items():
        files.append(directory / path)
        files[-1].write_text(yaml.safe_dump(document.content))  # type: ignore[union-attr]
    return {finding.rule for finding in Promtool().test_rules(files)}


def test_only_what_is_the_instances_tells_instances_apart() -> None:
    apart = {
        alert.name
        for alert in ON_THE_EXPORTER
        if any("instance" in labels for scenario in alert.scenarios for labels in scenario.firing)
    }
    assert apart == OF_THE_INSTANCE


@pytest.mark.parametrize("file", [file for file, group in SHARED.items() if group.alerts])
def test_two_exporters_are_one_source(written: Written, file: str) -> None:
    assert failures(written(Settings()), at_two_exporters(SHARED[file])) == set()


@pytest.mark.parametrize(
    ("file", "right", "wrong", "noticed_by"),
    [
        (
            "database-server.yaml",
            "max by (environment, namespace, job) (sum by",
            "sum by (environment, namespace, job) (sum by",
            "DatabaseConnectionsNearLimit",
        ),
        (
            "backups.yaml",
            "max by (environment, namespace, job) (backup_files",
            "max by (environment, namespace, job, instance) (backup_files",
            "BackupMissing",
        ),
        ("probes.yaml", "job, target) (payment_probe", "job, instance, target) (payment_probe", "ServiceNotReady"),
        (
            "database-server.yaml",
            "max by (environment, namespace, job) (increase",
            "sum by (environment, namespace, job) (increase",
            "DeadlocksFound",
        ),
    ],
)
def test_a_rule_that_counts_exporters_is_noticed(
    written: Written, file: str, right: str, wrong: str, noticed_by: str
) -> None:
    directory = written(Settings())
    rule_file = directory / "prometheus" / "rules" / file
    text = yaml.safe_dump(yaml.safe_load(rule_file.read_text()), width=10_000)
    assert right in text
    rule_file.write_text(text.replace(right, wrong))
    group = SHARED[file]
    noticing = replace(group, alerts=tuple(alert for alert in group.alerts if alert.name == noticed_by))
    assert noticed_by in failures(directory, at_two_exporters(noticing))
