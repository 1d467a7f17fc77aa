"""Settings that inherit: what is in force, and where an error says it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payment_catalog.inheritance import inherited
from payment_catalog.loading import SettingsError, checked, read_located
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def merged(tmp_path: Path):
    def of(base: str, leaf: str):
        (tmp_path / "base.yaml").write_text(base)
        (tmp_path / "leaf.yaml").write_text(leaf)
        return inherited(read_located(tmp_path / "base.yaml"), read_located(tmp_path / "leaf.yaml"))

    return of


def test_mappings_merge_deep_and_the_rest_replaces(merged) -> None:
    found = merged(
        "urls: {grafana: https://g.example, kibana: https://k.example}\nscraping: {alertmanagers: ['a:1', 'b:1']}\n",
        "urls: {kibana: https://other.example}\nscraping: {alertmanagers: ['c:1']}\nservice: shop\n",
    )
    settings = checked(found, Settings)
    assert (settings.urls.grafana, settings.urls.kibana) == ("https://g.example", "https://other.example")
    assert settings.scraping.alertmanagers == ("c:1",)
    assert settings.service == "shop"


def test_null_turns_a_level_off_that_the_base_sets(merged) -> None:
    found = merged(
        "thresholds: {error_ratio: {warning: 0.02, critical: 0.1}}\n", "thresholds: {error_ratio: {warning: null}}\n"
    )
    levels = checked(found, Settings).thresholds["error_ratio"]
    assert (levels.warning, levels.critical) == (None, 0.1)


@pytest.mark.parametrize(
    ("base", "leaf", "file", "line", "key"),
    [
        ("service: shop\nnamespace: '!'\n", "exporter: x\n", "base.yaml", 2, "namespace"),
        ("namespace: fine\n", "service: shop\n\nnamespace: '!'\n", "leaf.yaml", 3, "namespace"),
        ("urls:\n  grafana: nowhere\n", "urls:\n  kibana: https://k.example\n", "base.yaml", 2, "urls.grafana"),
        (
            "contact_points:\n  team:\n    type: slack\n    channel: '#a'\n",
            "contact_points:\n  team:\n    type: email\n    to: a@b.example\n",
            "base.yaml",
            4,
            "contact_points.team.channel",
        ),
        ("scraping: {interval: 30s}\n", "scraping:\n  timeout: 40s\n", "leaf.yaml", 2, "scraping.timeout"),
    ],
)
def test_an_error_names_the_file_that_the_value_came_from(merged, base, leaf, file, line, key) -> None:
    with pytest.raises(SettingsError) as caught:
        checked(merged(base, leaf), Settings)
    assert (caught.value.file.name, caught.value.line, caught.value.key) == (file, line, key)


def test_a_service_that_shares_its_monitoring_has_names_of_its_own() -> None:
    shared, alone = (Settings.model_validate({"service": "shop", "shared": shared}) for shared in (True, False))
    assert (shared.exporter, shared.namespace) == ("shop-exporter", "shop")
    assert shared.environments["production"].service == ("shop:8080",)
    assert (shared.logs.s3_prefix, shared.backups.directory) == ("shop-logs/", "/backups/shop")
    assert (alone.exporter, alone.namespace) == ("payment-exporter", "payment-service")
