"""The reference says what the catalogue, the settings and the programs say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from payment_alerts.groups import alert_groups
from payment_bundle.reference.commands import programs
from payment_bundle.reference.metrics import unit
from payment_bundle.reference.pages import pages
from payment_bundle.reference.table import code, prose, table
from payment_catalog.catalog import build_catalog
from payment_catalog.loading import load_settings
from payment_catalog.settings import Settings
from payment_catalog.thresholds import ThresholdKey

CATALOG = build_catalog(Settings())
MADE = {name: make() for name, make in pages(CATALOG).items()}
ROOT = Path(__file__).parents[2]


def rows(name: str) -> list[list[str]]:
    """The cells of each row of the tables of a part, as they are shown."""
    tokens = MarkdownIt("commonmark").enable("table").parse(MADE[name])
    found: list[list[str]] = []
    for number, token in enumerate(tokens):
        if token.type == "tr_open":
            found.append([])
        if token.type in {"td_open", "th_open"}:
            inline = tokens[number + 1]
            found[-1].append("".join(child.content for child in inline.children or ()))
    return found


@pytest.mark.parametrize("name", MADE)
def test_tables_are_whole(name: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(MADE[name])
    assert any(token.type == "table_open" for token in tokens)
    for line in MADE[name].splitlines():
        assert not line.startswith("|") or line.endswith(" |")


def test_every_metric_is_listed_with_type_labels_unit_and_publisher() -> None:
    listed = {row[0]: row for row in rows("metrics")}
    for metric in CATALOG.metrics:
        row = listed[metric.name]
        assert row[1] == metric.type
        assert row[2] == unit(metric)
        assert all(label in row[3] for label in metric.label_names)
        assert f"## {metric.published_by}\n" in MADE["metrics"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http_request_duration_seconds", "seconds"),
        ("process_start_time_seconds", "seconds since 1970"),
        ("process_cpu_seconds_total", "seconds"),
        ("business_revenue_minor_units_total", "minor units of the currency"),
        ("payments_total", ""),
    ],
)
def test_the_unit_is_what_the_name_says(name: str, expected: str) -> None:
    assert unit(next(metric for metric in CATALOG.metrics if metric.name == name)) == expected


def test_every_alert_is_listed_and_told_with_its_expression() -> None:
    alerts = [alert for group in alert_groups(CATALOG) for alert in group.alerts]
    listed = {row[0] for row in rows("alerts")}
    for alert in alerts:
        assert alert.name in listed
        assert f"### {alert.name}\n" in MADE["alerts"]
        assert f"```text\n{alert.expr}\n```" in MADE["alerts"]


def test_thresholds_are_those_of_the_settings(tmp_path: Path) -> None:
    assert {row[0] for row in rows("thresholds")} >= set(ThresholdKey)
    file = tmp_path / "bundle.yaml"
    file.write_text("thresholds: {error_ratio: {warning: 0.0123}}\n")
    assert "| 0.0123 |" in pages(build_catalog(load_settings(file)))["thresholds"]()


def test_objectives_have_their_tiers() -> None:
    assert [line for line in MADE["objectives"].splitlines() if line.startswith("## ")] == [
        f"## {objective.title}" for objective in CATALOG.objectives
    ]
    assert ["P1 (critical)", "14.4", "1h and 5m", "0.72"] in rows("objectives")


def test_every_key_of_the_settings_is_listed() -> None:
    listed = {row[0] for row in rows("settings")}
    assert {
        "service",
        "urls.grafana",
        "environments.<name>.page",
        "scraping.interval",
        "thresholds.error_ratio.warning",
        "contact_points.<name>.token_file",
        "routing.mute_times.<name>.weekdays",
        "routing.dead_mans_switch",
        "logs.s3_bucket",
    } <= listed
    assert {key.partition(".")[0] for key in listed if key != "key"} == Settings.model_fields.keys()
    assert ["retention.logs", "string (such as 30s, 15m, 4h, 90d)", '"30d"'] in [row[:3] for row in rows("settings")]


def test_no_key_is_listed_without_words() -> None:
    assert [row[0] for row in rows("settings") if not row[3]] == []


def test_every_command_is_listed_with_its_options() -> None:
    names = {command.name for command in programs()}
    assert {"payobs generate", "payobs push grafana", "payment-service migrate up", "payment-exporter"} <= names
    listed = rows("commands")
    assert ["--dry-run", "", "", "Say what would change, and change nothing."] in listed
    assert ["--config", "path", "bundle.yaml", "Settings; see the schema in generated/schema."] in listed
    assert "Share of the changes that must be noticed." in {row[3] for row in listed}


def test_no_command_is_without_words() -> None:
    assert [command.name for command in programs() if not command.help] == []


def test_every_variable_of_the_service_is_listed_with_words_and_no_secret() -> None:
    listed = {row[0]: row for row in rows("environment")}
    assert {"DB_HOST", "DB_MAX_CONNECTIONS", "REDIS_HOST", "FIUU_VERIFY_KEY_FILE", "RATE_LIMIT"} <= listed.keys()
    assert listed["FIUU_BASE_URL"][1] == "(required)"
    assert listed["DB_PORT"][1] == "5432"
    assert [name for name, row in listed.items() if not row[2]] == []
    assert listed["DB_PASSWORD"][1] == ""


def test_the_flags_of_the_exporter_are_listed() -> None:
    flags = {row[0] for row in rows("exporter-flags")}
    assert {"--config.file", "--web.listen-address", "--collector.postgres", "--no-collector.redis"} <= flags


def test_text_of_the_sources_breaks_no_table() -> None:
    cell = prose("a ``code|x`` and a | b <c>")
    assert cell == "a `code\\|x` and a \\| b \\<c\\>"
    (row,) = [line for line in table(("x",), ((cell,),)).splitlines() if "code" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 2
    assert code("") == ""
