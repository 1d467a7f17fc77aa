"""``payobs generate`` and ``payobs check`` as a person types them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import payobs

from payment_bundle.parts import PARTS, part_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped settings and of what they generate; the command is typed there."""
    home = tmp_path / "home"
    shutil.copytree(shipped, home)
    monkeypatch.chdir(home)
    return home


def files(directory: Path) -> dict[str, bytes]:
    return {
        file.relative_to(directory).as_posix(): file.read_bytes() for file in directory.rglob("*") if file.is_file()
    }


def test_what_is_committed_is_what_is_generated(shipped: Path) -> None:
    assert files(shipped / "generated") == files(ROOT / "generated")


def test_every_part_can_be_named(shipped: Path) -> None:
    paths = files(shipped / "generated").keys() - {"manifest.json"}
    assert {part_of(path) for path in paths} == set(PARTS)


def test_the_same_settings_give_the_same_bytes(shipped: Path, tmp_path: Path) -> None:
    again = payobs("generate", "--config", str(shipped / "bundle.yaml"), "--out", str(tmp_path / "again"))
    assert again.code == 0
    assert files(tmp_path / "again") == files(shipped / "generated")


def test_a_summary_says_what_changed(home: Path) -> None:
    settings = home / "bundle.yaml"
    settings.write_text(settings.read_text().replace("error_ratio: {warning: 0.01", "error_ratio: {warning: 0.02"))
    result = payobs("generate")
    assert "~ prometheus/rules/api.yaml" in result.out
    assert "0 added, " in result.out
    assert ">" in (home / "generated/prometheus/rules/api.yaml").read_text()
    for file in ("prometheus/rules/api.yaml", "runbooks/ErrorRateHigh.md", "grafana/dashboards/payment-service.json"):
        assert "0.02" in (home / "generated" / file).read_text(), file


def test_a_dry_run_changes_nothing(home: Path) -> None:
    settings = home / "bundle.yaml"
    before = (home / "generated/manifest.json").read_bytes()
    settings.write_text(settings.read_text().replace("namespace: payment-service", "namespace: shop"))
    result = payobs("generate", "--dry-run")
    assert "nothing written" in result.out
    assert (home / "generated/manifest.json").read_bytes() == before


def test_only_a_part_is_written_and_the_rest_stays(home: Path) -> None:
    settings = home / "bundle.yaml"
    settings.write_text(settings.read_text().replace("namespace: payment-service", "namespace: shop"))
    assert payobs("generate", "--only", "kubernetes").code == 0
    assert "namespace: shop" in (home / "generated/kubernetes/base/logging-config.yaml").read_text()
    assert "shop" not in (home / "generated/prometheus/prometheus.yml").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["generate", "--only", "grafana,garfana"], "garfana: no such part"),
        (["generate", "--config", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["generate", "--flag"], "No such option"),
    ],
)
def test_bad_usage_is_told_and_ends_with_two(home: Path, arguments: list[str], says: str) -> None:
    result = payobs(*arguments)
    assert result.code == 2
    assert says in result.err
    assert "Traceback" not in result.err


def test_wrong_settings_write_nothing(home: Path) -> None:
    before = files(home / "generated")
    (home / "bundle.yaml").write_text("thresholds:\n  error_ratio: {warning: 7}\n")
    result = payobs("generate")
    assert result.code == 2
    assert result.err.startswith("payobs: bundle.yaml:2: thresholds.error_ratio.warning: 7 is out of range")
    assert files(home / "generated") == before


def test_a_fresh_tree_passes(home: Path) -> None:
    result = payobs("check")
    assert result.code == 0, result.out
    assert "FAIL" not in result.out


@pytest.mark.parametrize(
    ("file", "right", "wrong", "says"),
    [
        (
            "prometheus/rules/api.yaml",
            "rate(payments_total{",
            "rate(paymentz_total{",
            "metric 'paymentz_total' is not declared, did you mean 'payments_total'?",
        ),
        (
            "prometheus/rules/api.yaml",
            'status="succeeded"',
            'state="succeeded"',
            "label 'state' is unknown to metric 'payments_total', did you mean 'status'?",
        ),
        (
            "prometheus/rules/security.yaml",
            "rate(failed_auth_total[5m]) >",
            "rate(failed_auth_total[5m] >",
            "cannot be parsed",
        ),
        (
            "grafana/dashboards/payment-service.json",
            "max by (environment",
            "max by (enviroment",
            "'enviroment' is unknown",
        ),
        (
            "grafana/dashboards/payment-service.json",
            '"noValue": "no data"',
            '"noValue": ""',
            "says nothing without data: set fieldConfig.defaults.noValue",
        ),
        ("runbooks/README.md", "# Runbook pages", "# My pages", "differs from what is generated"),
        ("alertmanager/alertmanager.yml", "receiver: p3", "receiver: nobody", "nobody"),
    ],
)
def test_an_edited_file_fails_with_file_and_line(home: Path, file: str, right: str, wrong: str, says: str) -> None:
    edited = home / "generated" / file
    text = edited.read_text()
    assert right in text
    edited.write_text(text.replace(right, wrong, 1))
    line = text[: text.index(right)].count("\n") + 1
    result = payobs("check", "--quick")
    assert result.code == 1
    assert f"generated/{file}:{line}: drift" in result.out
    told = [entry for entry in result.out.splitlines() if says in entry]
    assert told, result.out
    assert any(f"{file}" in entry for entry in told)


def test_a_rule_that_no_longer_does_what_its_unit_test_says_is_found(home: Path) -> None:
    rules = home / "generated/prometheus/rules/security.yaml"
    rules.write_text(rules.read_text().replace("> 10", "> 20"))
    for tests in (home / "generated/prometheus/tests").iterdir():
        if tests.name != rules.name:
            tests.unlink()
    result = payobs("check")
    assert result.code == 1
    assert "FAIL  promtool test rules" in result.out
    assert "HighFailedAuthRate: the unit test failed" in result.out


def test_a_missing_and_a_leftover_file_are_found(home: Path) -> None:
    (home / "generated/fluentd/fluent.conf").unlink()
    result = payobs("check", "--quick")
    assert "generated/fluentd/fluent.conf: drift: is missing" in result.out
    assert result.code == 1


@pytest.mark.parametrize(
    ("module", "right", "wrong", "name", "declared_in", "says"),
    [
        (
            "catalog/payment_catalog/service_metrics.py",
            '"failed_auth_total"',
            '"failed_login_total"',
            "HighFailedAuthRate",
            "alerts/payment_alerts/security_alerts.py",
            "metric 'failed_auth_total' is not declared",
        ),
        (
            "alerts/payment_alerts/security_alerts.py",
            "rate(suspicious_api_calls[5m]) > 5",
            "rate(suspicious_api_calls[5m] > 5",
            "SuspiciousAPIAccess",
            "alerts/payment_alerts/security_alerts.py",
            "cannot be parsed",
        ),
        (
            "catalog/payment_catalog/signals.py",
            "sum by (reason) ({business_change",
            "sum by (cause) ({business_change",
            "Failed transactions",
            "catalog/payment_catalog/signals.py",
            "label 'cause' is unknown",
        ),
    ],
)
def test_a_mistake_in_the_source_is_found_where_it_is_declared(
    tmp_path: Path, module: str, right: str, wrong: str, name: str, declared_in: str, says: str
) -> None:
    copy = tmp_path / "copy"
    rooms = ("catalog", "service", "exporter", "alerts", "dashboards", "logging", "bundle")
    for folder in (*rooms, "generated"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "bundle.yaml", copy)
    source = copy / module
    assert right in source.read_text()
    source.write_text(source.read_text().replace(right, wrong, 1))
    declaration = (copy / declared_in).read_text().split(f'"{name}"')[0].count("\n") + 1
    for command in (("check", "--quick"), ("generate",)):
        result = subprocess.run(
            [sys.executable, "-m", "payment_bundle", *command],
            cwd=copy,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(str(copy / room) for room in rooms)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert result.returncode == 1, result.stderr
        assert f"{declared_in}:{declaration}: {name}: {says}" in result.stdout
