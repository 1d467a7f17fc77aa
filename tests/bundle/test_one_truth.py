"""A limit stands in one place: who changes it in ``bundle.yaml`` has changed panel, alert, unit tests and page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from alerts.unit_tests import keep_tests_of

from payment_alerts.tool import find_tool, run_tool
from payment_bundle.generation import generate_documents
from payment_bundle.rendering import render_all
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE = Path(__file__).parents[2] / "bundle.yaml"
TITLE, ALERT = "Error rate", "ErrorRateHigh"


@cache
def generated(warning: float) -> Mapping[str, bytes]:
    """Return what the repository's settings give with this limit of the error rate."""
    settings = yaml.safe_load(BUNDLE.read_text(encoding="utf-8")) or {}
    settings.setdefault("thresholds", {})["error_ratio"] = {"warning": warning, "critical": 0.2}
    return render_all(generate_documents(build_catalog(Settings.model_validate(settings))))


def rule(files: Mapping[str, bytes], alert: str) -> dict[str, Any]:
    (group,) = yaml.safe_load(files["prometheus/rules/api.yaml"])["groups"]
    found: dict[str, Any] = next(rule for rule in group["rules"] if rule.get("alert") == alert)
    return found


def panel(files: Mapping[str, bytes]) -> dict[str, Any]:
    board = json.loads(files["grafana/dashboards/payment-service.json"])
    found: dict[str, Any] = next(panel for panel in board["panels"] if panel["title"] == TITLE)
    return found


@pytest.mark.parametrize("limit", [0.015, 0.03])
def test_panel_alert_unit_tests_and_page_follow_the_settings(tmp_path: Path, limit: float) -> None:
    files = generated(limit)
    alert = rule(files, ALERT)
    words = f"{limit * 100:g}%"

    assert alert["expr"].partition(" and ")[0].endswith(f"> {limit:g}")
    assert words in alert["annotations"]["summary"]

    steps = panel(files)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, limit, 0.2]
    assert panel(files)["targets"][0]["expr"].startswith("job:http_requests_5xx:rate5m")
    assert any(link["url"].endswith("/ErrorRateHigh.md") for link in panel(files)["links"])

    assert f"> {limit:g}" in files["runbooks/ErrorRateHigh.md"].decode()

    tests = write(tmp_path / "own", files, files)
    assert run_tool((find_tool("promtool"), "test", "rules", str(tests)), 60).code == 0


def test_the_unit_tests_of_another_limit_fail(tmp_path: Path) -> None:
    files, other = generated(0.015), generated(0.03)
    result = run_tool((find_tool("promtool"), "test", "rules", str(write(tmp_path / "mixed", files, other))), 60)
    assert result.code != 0
    assert ALERT in result.output


def write(directory: Path, rules: Mapping[str, bytes], tests: Mapping[str, bytes]) -> Path:
    """Write the rules of one bundle, and the unit tests of ALERT of another, and return the latter's file."""
    for path, files in (("prometheus/rules/api.yaml", rules), ("prometheus/tests/api.yaml", tests)):
        file = directory / path
        file.parent.mkdir(parents=True)
        file.write_bytes(files[path])
    return keep_tests_of(ALERT, directory / "prometheus/tests/api.yaml")


def test_nothing_else_than_what_the_limit_is_about_changes() -> None:
    one, other = generated(0.015), generated(0.03)
    changed = {path for path in one if one[path] != other[path]}
    assert "grafana/dashboards/payment-service.json" in changed
    assert "prometheus/rules/api.yaml" in changed
    assert "prometheus/tests/api.yaml" in changed
    assert "runbooks/ErrorRateHigh.md" in changed
    assert {path for path in changed if path.startswith("prometheus/rules/")} == {"prometheus/rules/api.yaml"}
