"""The service's own lines through the pipeline: by the real Fluentd where it is on PATH, else by the configuration.

The promise is the same: each line is shown with where it goes. What only a run can show is shown only by a run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import payobs

from payment_bundle.fluentd_program import find_fluentd
from payment_catalog.vocabulary import LogStream
from payment_service.logs.lines import LineRenderer
from payment_service.logs.redaction import Redactor

if TYPE_CHECKING:
    from command_line import Result

CONFIG = str(Path(__file__).parents[2] / "bundle.yaml")
CARD = "5555 5555 5555 4444"
NAME = f"payment-service-7d4b9c-x2x4z_payment-service_payment-service-{'ab' * 32}.log"


def service_line(event: str, level: str = "info", **fields: object) -> str:
    return LineRenderer(Redactor((), lambda: None))(None, level, {"event": event, **fields})


#: Lines of each kind, and what their first one goes to; the last kind is what cannot be read.
KINDS: dict[str, tuple[list[str], str]] = {
    "security": ([service_line("rate limit exceeded", security_event="rate_limited")], LogStream.SECURITY),
    "access": ([service_line("request", method="GET", path="/health", status=200)], LogStream.ACCESS),
    "audit": ([service_line("payment failed", "error", payment_id="p", method="card")], LogStream.AUDIT),
    "application": ([service_line("database is unavailable", "error")], LogStream.APPLICATION),
    "another program's": ([f"card {CARD} password=hunter2"], LogStream.APPLICATION),
    "traceback": (
        ["Traceback (most recent call last):", '  File "app.py", line 4, in pay', f"ValueError: {CARD}"],
        LogStream.APPLICATION,
    ),
    "broken": ([service_line("payment failed", payment_id="p")[:-1]], ""),
}


def traced(tmp_path: Path, *options: str) -> tuple[Result, list[dict[str, Any]]]:
    file = tmp_path / NAME
    lines = [line for of_kind, _ in KINDS.values() for line in of_kind]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    result = payobs("logs", "trace", str(file), "--config", CONFIG, "--output", "json", *options)
    return result, json.loads(result.out)["records"]


@pytest.fixture(scope="module")
def on_a_node(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, list[dict[str, Any]]]:
    return traced(tmp_path_factory.mktemp("trace"))


def test_each_line_is_shown_with_where_it_goes(on_a_node: tuple[Result, list[dict[str, Any]]]) -> None:
    result, documents = on_a_node
    assert result.code == 1, result.err
    first = 1
    for document, (lines, stream) in zip(documents, KINDS.values(), strict=True):
        assert document["lines"] == list(range(first, first + len(lines)))
        first += len(lines)
        arrivals = {arrival["output"]: arrival for arrival in document["arrivals"]}
        if stream:
            assert set(arrivals) == {"elasticsearch", "archive"}
            assert arrivals["elasticsearch"]["place"] == f"data stream logs-payment-service-{stream}"
            assert f"-{stream}-" in arrivals["archive"]["place"]
            assert {arrival["tag"] for arrival in arrivals.values()} == {f"payment.{stream}"}
        else:
            assert set(arrivals) == {"unparsed"}
            assert arrivals["unparsed"]["tag"] == f"kubernetes.var.log.containers.{NAME}"
            assert document["finding"]


def test_what_was_taken_out_is_named_and_nowhere_shown(on_a_node: tuple[Result, list[dict[str, Any]]]) -> None:
    result, documents = on_a_node
    assert documents[4]["redacted"] == ["card number", "secret"]
    assert documents[5]["redacted"] == ["card number"]
    assert CARD not in result.out + result.err
    assert "hunter2" not in result.out + result.err


def test_only_what_was_run_has_records(on_a_node: tuple[Result, list[dict[str, Any]]]) -> None:
    result, documents = on_a_node
    was_run = find_fluentd() is not None
    assert {document["by"] for document in documents} == {"fluentd" if was_run else "configuration"}
    assert ("nothing was run" in result.err) is not was_run
    arrivals = [arrival for document in documents for arrival in document["arrivals"]]
    assert {"record" in arrival for arrival in arrivals} == {was_run}
    texts = [json.dumps(arrival.get("record", ""), ensure_ascii=False) for arrival in arrivals]
    assert any("ValueError: [card]" in text for text in texts) is was_run


def test_a_forwarder_sends_everything_to_the_aggregators(tmp_path: Path) -> None:
    result, documents = traced(tmp_path, "--variant", "forwarder")
    assert result.code == 1, result.err
    places = [[arrival["place"] for arrival in document["arrivals"]] for document in documents[:-1]]
    assert places == [["fluentd-aggregator:24224"]] * (len(KINDS) - 1)
