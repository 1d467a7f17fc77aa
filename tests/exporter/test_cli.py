"""The command ``payment-exporter`` as an operator types it, up to the point where it serves."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
from exporter.program import run

from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--web.listen-address=nonsense"], "is not HOST:PORT"),
        (["--web.telemetry-path=metrics"], "is not a path"),
        (["--web.telemetry-path=/-/healthy"], "is not a path"),
        (["--web.max-requests=0"], "from 1 to 1000"),
        (["--collector.timeout=0s"], "expected a duration"),
        (["--collector.timeout=5 apples"], "expected a duration such as 30s"),
        (["--collector.redis.timeout=1h"], "above 0 and up to 2m"),
        (["--collector.host.mountpoint=relative"], "relative"),
        (["--collector.probe.target=ftp://here"], "ftp://here"),
        (["--collector.probe.allow=https://*.*.example.com"], "*.*"),
        (
            ["--collector.bussiness"],
            "unrecognized arguments: --collector.bussiness, did you mean --collector.business?",
        ),
        (["--frobnicate"], "--frobnicate; 'payment-exporter --help' lists the flags"),
        (["--log.level=loud"], "loud"),
    ],
)
def test_a_wrong_flag_is_named(flags: list[str], says: str) -> None:
    result = run(*flags)
    assert result.code == 2
    assert says in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"), [("DB_PORT", "x"), ("REDIS_PORT", "70000"), ("FIUU_BASE_URL", "file:///etc/passwd")]
)
def test_a_wrong_variable_is_named(variable: str, value: str) -> None:
    result = run(**{variable: value})
    assert result.code == 2
    assert result.err.startswith(f"payment-exporter: {variable}")
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "collectors:\n  redis: {adress: a:1}\n",
            ":2: collectors.redis.adress: is no setting, did you mean 'address'?",
        ),
        ("timeout: 5s\ncollectors: {backup: {directory: backups}}\n", ":2: collectors.backup.directory"),
        ("collectors:\n  elasticsearch:\n    username: kibana\n", ":3: collectors.elasticsearch.username"),
        ("timeout: forever", ":1: timeout: expected a duration"),
        ("[]", ":1: must be a mapping"),
        (": :", "is not valid YAML"),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "exporter.yaml"
    file.write_text(content)
    result = run(f"--config.file={file}")
    assert result.code == 2
    assert f"{file}" in result.err
    assert says.lower() in result.err.lower()
    assert len(result.err.splitlines()) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    result = run(f"--config.file={tmp_path}/nowhere.yaml")
    assert result.code == 2
    assert "nowhere.yaml: cannot be read: No such file" in result.err


def test_files_and_flags_are_checked_without_serving(tmp_path: Path) -> None:
    file = tmp_path / "exporter.yaml"
    file.write_text("collectors: {elasticsearch: {enabled: true}, redis: {enabled: false}, host: {enabled: false}}")
    result = run(f"--config.file={file}", "--config.check", "--collector.host", "--no-collector.probe")
    assert (result.code, result.err) == (0, "")
    assert result.out == "fine; collectors: business, postgres, host, backup, elasticsearch\n"


def test_a_time_out_above_the_scrapes_is_warned_of() -> None:
    result = run("--config.check", "--collector.timeout=10s", "--collector.postgres.timeout=30s")
    assert result.code == 0
    assert result.err == (
        "payment-exporter: collectors.postgres: warning: the time-out of 30s is above 10s, the scrape_timeout of the "
        "bundle; each scrape cuts it short\n"
    )


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = run(f"--web.listen-address={address}")
    assert result.code == 2
    assert f"{address}: Address already in use" in result.err
    assert "Traceback" not in result.err


def test_help_names_every_collector_and_its_default() -> None:
    result = run("--help")
    assert result.code == 0
    for collector in ExporterCollector:
        assert re.search(rf"--collector\.{collector}\s+[^(]*\((on|off)\s", result.out)
        assert f"--no-collector.{collector}\n" in result.out or f"--no-collector.{collector}  " in result.out
