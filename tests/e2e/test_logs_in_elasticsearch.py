"""The lines of a running service in a real Elasticsearch, prepared by ``payobs push elasticsearch``.

This Elasticsearch has no lifecycle policies, no roles and no requests on data streams: of those only what the command
says is seen here, and what it sends in tests/bundle/test_push_elasticsearch.py.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import requests
import structlog
import typer
from command_line import Result, payobs
from e2e.shop import KEY, Shop
from elasticsearch_server import elasticsearch_node
from kql import to_elasticsearch
from waiting import wait_until

from payment_catalog.exporter_metrics.elasticsearch import LOG_LINES
from payment_catalog.log_patterns import GREPPED
from payment_catalog.log_streams import LOG_SEARCHES, data_stream, data_streams
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import LogPattern, LogStream, PaymentStatus
from payment_exporter import configuration
from payment_exporter.collectors.elasticsearch import ElasticsearchCollector
from payment_logging.elasticsearch.fields import ECS_NAMES, SERVICE_FIELDS, properties
from payment_logging.kibana import saved_objects
from payment_logging.kibana.saved_object import Kind
from payment_service.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conftest import Postgres
    from elasticsearch_server import Node

STREAMS = data_streams(Settings())
PAYMENT = {"amount_minor": 1000, "currency": "MYR", "method": "card"}
_numbers = count(1)
KUBERNETES = {
    "container_image": "your-registry/payment-service:v1.1.0",
    "container_name": "payment-service",
    "host": "node-1",
    "labels": {"app": "payment-service", "pod-template-hash": "7d4b9c"},
    "namespace_name": "payment-service",
    "pod_id": "5f0a9e9e-2b1c-4e57-8f0e-6f3f0a4f6c11",
    "pod_name": "payment-service-7d4b9c-x2x4z",
}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with elasticsearch_node() as node:
        yield node


@dataclass(frozen=True)
class Till:
    """A service of its own on that node, so that no test sees another's templates."""

    config: Path
    node: Node
    name: str

    def push(self) -> Result:
        self.config.write_text(f"service: {self.name}\n")
        return payobs("push", "elasticsearch", "--config", str(self.config), "--url", self.node.url)

    @property
    def stream(self) -> str:
        return data_stream(Settings(service=self.name), LogStream.SECURITY)

    @property
    def templates(self) -> tuple[str, str, str]:
        """What this Elasticsearch takes, in order."""
        return (
            f"component template logs-{self.name}@mappings",
            f"component template logs-{self.name}@settings",
            f"index template logs-{self.name}",
        )


@pytest.fixture
def till(node: Node, tmp_path: Path) -> Till:
    return Till(tmp_path / "bundle.yaml", node, f"till-{next(_numbers)}")


def steps(result: Result) -> dict[str, str]:
    """What a push said of each object."""
    return dict(
        re.findall(r"^  [+~=!] (.+?): (created|updated|unchanged|rolled over|not [a-z ]+)", result.out, re.MULTILINE)
    )


def busy_service(shop: Shop) -> None:
    """Have the service write every kind of line that merchants, attackers and faults bring about."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {KEY}"

    def pay(**more: Any) -> requests.Response:
        return session.post(f"{shop.url}/payments", json={**PAYMENT, **more}, timeout=30)

    paid = pay().json()["id"]
    session.post(f"{shop.url}/payments/{paid}/refunds", json={"amount_minor": 100}, timeout=30)
    shop.turn(decline_rate=1)
    assert pay().json()["status"] == PaymentStatus.FAILED
    shop.turn(error_rate=1)
    for _ in range(3):
        pay()
    shop.turn()
    requests.get(f"{shop.url}/payments", timeout=30)
    requests.get(f"{shop.url}/payments", headers={"Authorization": "Bearer psk_guessed-by-somebody-else"}, timeout=30)
    requests.get(f"{shop.url}/.env", timeout=30)
    session.get(f"{shop.url}/payments/00000000-0000-4000-8000-000000000000", timeout=30)
    pay(card_token="4111111111111111")
    wait_until(
        "a refusal by the rate limit", lambda: session.get(f"{shop.url}/payments", timeout=30).status_code == 429
    )
    shop.redis.stop()
    session.get(f"{shop.url}/payments", timeout=30)


def stream_of(fields: Mapping[str, Any]) -> LogStream:
    """Where Fluentd sends a line."""
    if "security_event" in fields:
        return LogStream.SECURITY
    if fields["event"] == "request":
        return LogStream.ACCESS
    return LogStream.AUDIT if fields.keys() & {"payment_id", "refund_id"} else LogStream.APPLICATION


def odd_lines() -> str:
    """Lines that no healthy service writes, by its own logging."""
    output = io.StringIO()
    before = structlog.get_config()
    try:
        configure_logging("INFO", stream=output)
        log = structlog.get_logger()
        try:
            json.loads("{")
        except ValueError:
            log.exception("unhandled exception")
        log.error("payment disagrees with the gateway", payment_id="p1", status="pending", gateway="succeeded")
        log.warning(
            "scope is not among the key's",
            security_event="scope_denied",
            merchant="auditor",
            key_id="k1",
            scope="refund",
            client="192.0.2.9",
        )
        log.info("x" * 20_000, unknown={"deep": [1, {"er": "4"}]}, client="testclient", pid="none", logger=None)
        log.info("request", path="/é" * 200, status=200, duration_ms=0.5, bytes=2**62)
    finally:
        structlog.configure(**before)
    return output.getvalue()


@dataclass(frozen=True)
class Written:
    """The lines, and what Elasticsearch answered to them."""

    lines: list[str]
    items: list[dict[str, Any]]
    node: Node

    def count(self, query: dict[str, Any]) -> int:
        return int(self.node.client.count(index=STREAMS, query=query)["count"])


@pytest.fixture(scope="module")
def written(node: Node, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A service's lines, sent as Fluentd does: with the container's time, stream and pod."""
    directory = tmp_path_factory.mktemp("logs")
    config = directory / "bundle.yaml"
    config.write_text("")
    payobs("push", "elasticsearch", "--config", str(config), "--url", node.url)
    postgres.sql("CREATE DATABASE logs_in_elasticsearch")
    settings = {"RATE_LIMIT": "30/minute"}
    with Shop(directory, postgres.named("logs_in_elasticsearch").environment, settings) as shop:
        busy_service(shop)
    text = shop.log + odd_lines()
    postgres.sql("DROP DATABASE logs_in_elasticsearch WITH (FORCE)")
    lines = text.splitlines()
    operations: list[dict[str, Any]] = []
    for line in lines:
        added = {"@timestamp": datetime.now(UTC).isoformat(), "stream": "stdout", "kubernetes": KUBERNETES}
        fields = json.loads(line)
        operations += [{"create": {"_index": data_stream(Settings(), stream_of(fields))}}, {**fields, **added}]
    answer = node.client.bulk(operations=operations, refresh=True)
    return Written(lines, [item["create"] for item in answer["items"]], node)


def test_every_line_lands_in_the_data_stream_and_no_field_comes_from_it(written: Written) -> None:
    assert len(written.lines) > 40
    assert {item["status"] for item in written.items} == {201}, [item for item in written.items if "error" in item]
    indices = written.node.client.indices.get_mapping(index=STREAMS).body
    assert {item["_index"] for item in written.items} == indices.keys()
    assert len(indices) == len(LogStream)
    assert all(index["mappings"]["properties"].keys() == properties().keys() for index in indices.values())
    assert written.count({"match_all": {}}) == len(written.lines)


def test_every_field_of_the_service_is_mapped_and_every_value_of_its_own_fits(written: Written) -> None:
    fields = {name for line in written.lines for name in json.loads(line)}
    assert fields - SERVICE_FIELDS.keys() == {"unknown"}
    # The lines that are made to be odd, and addresses that are none, hold all that is not indexed.
    ignored = written.node.client.search(index=STREAMS, query={"exists": {"field": "_ignored"}}, size=100)
    assert {name for hit in ignored["hits"]["hits"] for name in hit["_ignored"]} == {
        "client.ip",
        "event",
        "pid",
        "status",
    }
    assert len(ignored["hits"]["hits"]) == 2


def test_names_of_ecs_find_what_the_service_has_written(written: Written) -> None:
    for name, path in ECS_NAMES.items():
        assert written.count({"exists": {"field": name}}) == written.count({"exists": {"field": path}}), name
    assert written.count({"term": {"log.level": "ERROR"}}) > 0
    assert written.count({"term": {"message": "payment failed"}}) > 0
    assert written.count({"range": {"http.response.status_code": {"gte": 500}}}) > 0
    assert written.count({"term": {"client.ip": "127.0.0.0/8"}}) > 0
    assert written.count({"term": {"orchestrator.resource.name": KUBERNETES["pod_name"]}}) == len(written.lines)
    assert written.count({"term": {"status.word": "pending"}}) == 1
    assert written.count({"query_string": {"query": "JSONDecodeError"}}) == 1


def grepped(lines: list[str], pattern: LogPattern) -> int:
    """How many lines the runbook's grep finds."""
    return sum(bool(re.search(GREPPED.get(pattern, "ERROR"), line)) for line in lines)


def test_saved_searches_and_the_exporter_find_what_grep_finds(written: Written) -> None:
    greps = {pattern: grepped(written.lines, pattern) for pattern in LogPattern}
    assert all(greps.values())
    assert {pattern: written.count(to_elasticsearch(LOG_SEARCHES[pattern])) for pattern in LogPattern} == greps
    settings = configuration.Elasticsearch(urls=(written.node.url,))
    collector = ElasticsearchCollector(settings, 60)
    families = {family.name: family for family in collector.collect()}
    collector.close()
    counts = {sample.labels["pattern"]: sample.value for sample in families[LOG_LINES.name].samples}
    assert counts == greps


@pytest.mark.parametrize(
    "chart", [each for each in saved_objects(Settings()) if each.kind is Kind.CHART], ids=lambda chart: chart.id
)
def test_charts_have_something_to_show(written: Written, chart: Any) -> None:
    state = chart.attributes["state"]
    (layer,) = state["datasourceStates"]["formBased"]["layers"].values()
    (group,) = (column["sourceField"] for column in layer["columns"].values() if column["operationType"] == "terms")
    answer = written.node.client.search(
        index=STREAMS,
        size=0,
        query=to_elasticsearch(state["query"]["query"]),
        aggs={"groups": {"terms": {"field": group}}},
    )
    assert answer["aggregations"]["groups"]["buckets"]


def test_a_push_says_what_this_server_lacks_and_a_second_one_sends_nothing(till: Till) -> None:
    first = till.push()
    assert first.code == 1
    assert {name: steps(first)[name] for name in till.templates} == dict.fromkeys(till.templates, "created")
    lacking = {name for name, step in steps(first).items() if step == "not possible on this server"}
    assert lacking == steps(first).keys() - set(till.templates)
    said = f"data stream {till.stream}: not possible on this server; the first line that is written creates it"
    assert said in first.out
    second = till.push()
    assert {name: steps(second)[name] for name in till.templates} == dict.fromkeys(till.templates, "unchanged")


def test_lines_that_were_there_before_get_a_new_index_beside_them(till: Till) -> None:
    client = till.node.client
    client.indices.put_index_template(name="before", index_patterns=[till.stream], data_stream={}, priority=200)
    line = {"@timestamp": datetime.now(UTC).isoformat(), "event": "payment failed"}
    client.index(index=till.stream, document=line, op_type="create", refresh=True)
    assert steps(till.push())[f"data stream {till.stream}"] == "rolled over"
    assert steps(till.push())[f"data stream {till.stream}"] == "unchanged"
    client.index(index=till.stream, document=line, op_type="create", refresh=True)
    assert len(client.indices.get_mapping(index=till.stream).body) == 2
    assert client.count(index=till.stream, query={"match": {"event": "payment failed"}})["count"] == 2


def test_a_server_that_is_killed_in_between_is_said_and_a_repeat_succeeds(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo, node = typer.echo, till.node

    def kill_after_the_first(text: str, *arguments: Any, **options: Any) -> None:
        echo(text, *arguments, **options)
        if till.templates[0] in text:
            assert node._process is not None
            os.killpg(node._process.pid, signal.SIGKILL)
            node._process.wait(30)

    with monkeypatch.context() as killing:
        killing.setattr(typer, "echo", kill_after_the_first)
        broken = till.push()
    node.stop()
    node.start()
    assert broken.code == 1
    assert "broken off; 1 created; run it again for the rest\n" in broken.out
    # The one where the system has ended the connection already, the other where it does so during the request.
    assert broken.err in {
        f"payobs: Elasticsearch cannot be reached: {node.url}: Connection refused\n",
        f"payobs: {node.url} broke the connection off without an answer\n",
    }
    repeat = steps(till.push())
    expected = dict.fromkeys(till.templates, "created") | {till.templates[0]: "unchanged"}
    assert {name: repeat[name] for name in till.templates} == expected
