"""``payobs logs trace`` as a person types it; a stub stands for Fluentd, and fails as Fluentd may."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import fluentd_stub
import pytest
from command_line import Result, payobs

CONFIG = str(Path(__file__).parents[2] / "bundle.yaml")
LINE = '{"event": "payment failed", "payment_id": "p", "note": "4111 1111 1111 1111"}'

_RECORD = '{"payobs_line": 1, "payobs_tag": "a", "payobs_time": "b", "x": "\\ud800"}'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "payment-service-7d4b9c-x2x4z_shop_payment-service-1.log"
    file.write_text(f"{LINE}\n", encoding="utf-8")
    return file


@pytest.fixture
def without_fluentd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLUENTD", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that stands for Fluentd, on a machine that seems to be a pod's."""
    program = fluentd_stub.install(tmp_path)
    monkeypatch.setenv("FLUENTD", str(program))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    return program


def trace(file: object, *options: str) -> Result:
    return payobs("logs", "trace", str(file), "--config", CONFIG, *options)


def behave(monkeypatch: pytest.MonkeyPatch, **behaviour: object) -> None:
    monkeypatch.setenv("STUB", json.dumps(behaviour))


def documents(result: Result) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(result.out)["records"]
    return records


@pytest.mark.usefixtures("without_fluentd")
def test_without_fluentd_it_says_first_that_nothing_was_run(log: Path) -> None:
    result = trace(log)
    assert result.code == 0
    assert result.out.startswith("fluentd is not on PATH: what follows is read from the configuration; nothing was run")
    assert "→ elasticsearch: data stream logs-payment-service-audit" in result.out
    assert "@REDACT: record_modifier → elasticsearch_genid → @LIFT" in result.out
    assert f"read as /var/log/containers/{log.name}" in result.out
    assert "redacted: card number" in result.out
    assert "4111" not in result.out + result.err


@pytest.mark.usefixtures("without_fluentd")
def test_without_fluentd_there_is_no_record_to_show(log: Path) -> None:
    result = trace(log, "--output", "json")
    (document,) = documents(result)
    assert document["by"] == "configuration"
    assert [arrival["output"] for arrival in document["arrivals"]] == ["elasticsearch", "archive"]
    assert not any("record" in arrival for arrival in document["arrivals"])
    assert "nothing was run" in result.err


@pytest.mark.usefixtures("without_fluentd")
def test_a_line_that_cannot_be_read_is_a_finding(log: Path) -> None:
    log.write_text(LINE[:-1] + "\n", encoding="utf-8")
    result = trace(log)
    assert result.code == 1
    assert "! unparsed: file /var/log/fluentd-unparsed/%Y%m%d" in result.out
    assert "1 line(s), 1 record(s): 1 to the label of errors" in result.err


@pytest.mark.usefixtures("without_fluentd")
def test_what_kubectl_shows_can_be_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = f"{LINE}\nTraceback (most recent call last):\nValueError: x\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    result = trace("-", "--output", "json")
    assert [document["lines"] for document in documents(result)] == [[1], [2, 3]]
    assert "format plain, each wrapped as a line of the container runtime" in result.err


@pytest.mark.usefixtures("without_fluentd")
@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("", (), "is empty"),
        (None, (), "cannot be read: No such file or directory"),
        (LINE, ("--variant", "aggregator"), "reads no log files"),
        (LINE, ("--variant", "sidecar"), "sidecar"),
        (LINE, ("--format", "syslog"), "syslog"),
    ],
)
def test_bad_usage_is_code_2(log: Path, content: str | None, options: tuple[str, ...], says: str) -> None:
    if content is None:
        log.unlink()
    else:
        log.write_text(content, encoding="utf-8")
    result = trace(log, *options)
    assert result.code == 2
    assert says in result.err


def test_a_fluentd_that_is_none_is_named(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUENTD", "/nowhere/fluentd")
    result = trace(log)
    assert result.code == 2
    assert "$FLUENTD is '/nowhere/fluentd', which is no program" in result.err


@pytest.mark.usefixtures("stub")
def test_what_came_out_is_shown_with_place_tag_and_record(log: Path) -> None:
    result = trace(log, "--output", "json")
    assert result.code == 0, result.err
    (document,) = documents(result)
    search, archive = document["arrivals"]
    assert document["by"] == "fluentd"
    assert search["place"] == "data stream logs-payment-service-audit"
    assert search["tag"] == f"kubernetes.var.log.containers.{log.name}"
    assert search["record"]["log"].endswith(f" stdout F {LINE}")
    assert search["record"]["@timestamp"] == search["time"]
    assert archive["place"].startswith("s3://your-bucket/payment-service-logs/")
    assert not [name for name in (*search["record"], *archive["record"]) if name.startswith("payobs")]


def test_what_steers_a_terminal_is_shown_as_text(log: Path, stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_text("\x1b[2J and more\n", encoding="utf-8")
    assert "[2J and more" in trace(log).out
    monkeypatch.setenv("STUB", json.dumps({"garbage": _RECORD}))
    assert "\\ud800" in trace(log).out
    stub.unlink()
    monkeypatch.delenv("FLUENTD")
    monkeypatch.setenv("PATH", str(stub.parent))
    assert "\\x1b[2J and more" in trace(log).out


@pytest.mark.usefixtures("stub")
def test_a_line_that_comes_out_nowhere_is_a_finding(log: Path) -> None:
    log.write_text(f"{LINE}\nlost\n", encoding="utf-8")
    result = trace(log)
    assert result.code == 1
    assert "line 2\n  ! came out nowhere" in result.out
    assert "2 line(s), 2 record(s): 0 to the label of errors, 1 came out nowhere" in result.err


@pytest.mark.usefixtures("stub")
def test_filters_that_a_desk_need_not_have_are_left_out_and_named(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behave(monkeypatch, lacks=["kubernetes_metadata", "prometheus"])
    result = trace(log)
    assert result.code == 0, result.err
    for kind in ("kubernetes_metadata", "prometheus"):
        assert f"the filter {kind} was left out: this Fluentd lacks its plugin" in result.out


@pytest.mark.usefixtures("stub")
def test_what_fluentd_says_of_unknown_parameters_is_shown(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"level": "warn", "message": "parameter 'hots' in <match **>\n  hots x\n</match> is not used."}
    behave(monkeypatch, says=json.dumps(said))
    assert "Fluentd says: parameter 'hots' in <match **> is not used" in trace(log).out


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ({"code": 3}, "ended with code 3 before it had read all lines: it broke"),
        ({"never_reads": True}, "did not read all lines within 1 s and was stopped"),
        ({"never_ends": True}, "did not end within 5 s and was stopped"),
        ({"code_at_end": 1}, "ended with code 1: the disk is full"),
        ({"garbage": "{"}, "cannot be read: expected a record with its line, tag and time, found '{'"),
        ({"garbage": "[1]"}, "expected a record"),
        ({"dry_code": 1, "says": "no such option"}, "does not take the pipeline: no such option"),
        ({"dry_code": 1}, "does not take the pipeline: it did not say why"),
        ({"lacks": ["concat"]}, "Unknown filter plugin 'concat'"),
    ],
)
def test_a_fluentd_that_fails_is_an_error(
    log: Path, monkeypatch: pytest.MonkeyPatch, behaviour: dict[str, object], says: str
) -> None:
    behave(monkeypatch, **behaviour)
    limits = {"never_reads": "1", "never_ends": "5"}
    result = trace(log, "--timeout", next((limits[name] for name in behaviour if name in limits), "60"))
    assert result.code == 2
    assert says in result.err
    assert "Traceback" not in result.err
    assert result.out == ""
