"""Fluentd's own check, as part of ``payobs check``: made where Fluentd is, and said where it is not."""

from __future__ import annotations

import json
from pathlib import Path

import fluentd_stub
import pytest
from command_line import payobs

from payment_bundle.fluentd_dry_run import dry_run_findings
from payment_bundle.not_run import NotRun
from payment_catalog.findings import Finding
from payment_catalog.settings import Settings
from payment_logging import configuration
from payment_logging.variants import Variant

CONFIG = str(Path(__file__).parents[2] / "bundle.yaml")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for variant in Variant:
        directory = tmp_path / "out/fluentd" / variant
        directory.mkdir(parents=True)
        for file, text in configuration(variant, Settings()).items():
            (directory / file).write_text(text, encoding="utf-8")
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUENTD", str(fluentd_stub.install(tmp_path)))


def test_fluentd_reads_each_configuration_and_nothing_of_this_machine(out: Path) -> None:
    assert dry_run_findings(out, ()) == ()


def test_a_servers_certificate_is_not_looked_for(out: Path) -> None:
    receive = out / "fluentd/aggregator/30-receive.conf"
    assert "cert_path /fluentd/tls/tls.crt" in receive.read_text(encoding="utf-8")
    receive.write_text(receive.read_text(encoding="utf-8").replace(".crt", ".pem"), encoding="utf-8")
    assert dry_run_findings(out, ()) == ()


def test_what_fluentd_refuses_and_what_nothing_reads_are_findings(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        {"level": "warn", "message": "parameter 'tga' in <source>\n  tga a\n</source> is not used."},
        {"level": "error", "message": "config error in:\n<source>"},
        {"level": "error", "message": 'config error error="tag: is required"'},
    )
    monkeypatch.setenv("STUB", json.dumps({"says": "\n".join(map(json.dumps, lines)), "dry_code": 1}))
    findings = dry_run_findings(out, ())
    assert {finding.file for finding in findings} == {f"{out}/fluentd/{variant}/fluent.conf" for variant in Variant}
    assert {finding.message for finding in findings} == {
        "parameter 'tga' in <source> is not used",
        'config error error="tag: is required"',
    }


def test_it_is_not_run_without_fluentd(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLUENTD")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(NotRun, match="fluentd is not on PATH"):
        dry_run_findings(out, ())


def test_payobs_check_says_that_it_was_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLUENTD")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    result = payobs("check", "--quick", "--config", CONFIG, "--out", str(tmp_path / "nothing"))
    assert "--    fluentd --dry-run: not run: fluentd is not on PATH\n" in result.out


def test_it_is_not_run_without_a_plugin(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"level": "error", "message": 'cannot load such file -- excon path="excon"'}
    monkeypatch.setenv("STUB", json.dumps({"says": json.dumps(said), "dry_code": 1}))
    with pytest.raises(NotRun, match=r"lacks plugins: cannot load such file -- excon$"):
        dry_run_findings(out, ())


def test_it_is_not_run_on_what_the_linter_refuses(out: Path) -> None:
    with pytest.raises(NotRun, match="findings already"):
        dry_run_findings(out, [Finding("fluentd/fluent.conf", 1, "syntax", "broken")])
