"""Log lines are counted as the runbook's grep finds them, and no answer is published that is not whole and sound."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import ssl
import subprocess
import threading
import traceback
from base64 import b64encode
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from elasticsearch_server import elasticsearch_node
from exporter.certificates import LOOPBACK, Authority
from waiting import wait_until

from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics import elasticsearch as metrics
from payment_catalog.vocabulary import LogPattern, values
from payment_exporter import configuration
from payment_exporter.collection import Runner, scrape
from payment_exporter.collectors.elasticsearch import ElasticsearchCollector, ElasticsearchError
from payment_exporter.collectors.elasticsearch_node import LARGEST_ANSWER
from payment_service.logs.lines import LineRenderer
from payment_service.logs.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from email.message import Message
    from pathlib import Path

    from elasticsearch_server import Node

    Collectors = Callable[..., ElasticsearchCollector]

NOW = timedelta()
#: What the runbook types after ``grep``.
RUNBOOK = {
    LogPattern.ERROR: "ERROR",
    LogPattern.PAYMENT_FAILED: "payment.*failed",
    LogPattern.RATE_LIMIT: "rate limit",
    LogPattern.AUTH_FAILED: "auth.*failed",
}
NO_LINES = dict.fromkeys(values(LogPattern), 0.0)
DYNAMIC: Mapping[str, Any] = {}
KEYWORDS = {"properties": {"@timestamp": {"type": "date"}, "level": {"type": "keyword"}, "event": {"type": "keyword"}}}
NANOSECONDS = {
    "properties": {
        "@timestamp": {"type": "date_nanos"},
        "level": {"type": "keyword"},
        "event": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
    }
}
WORDS = {"properties": {"@timestamp": {"type": "date"}, "event": {"type": "text"}}}

_numbers = count(1)
_render = LineRenderer(Redactor((), lambda: None))


def line(event: str, level: str = "info", **fields: Any) -> str:
    """A line as the service writes it."""
    return _render(None, level, {"event": event, **fields})


LINES = (
    line("request", method="POST", path="/v1/payments", status=201, duration_ms=12.5),
    line("request", "error", method="POST", path="/v1/payments", status=500, duration_ms=3.0),
    line("payment succeeded", payment_id="p1", method="card"),
    line("payment failed", "warning", payment_id="p2", method="card", reason="declined"),
    line("payment failed", "error", payment_id="p3", method="fpx", reason="gateway_timeout"),
    line("refund failed", "warning", refund_id="r1"),
    line("auth failed", "warning", security_event="failed_auth", client="192.0.2.1"),
    line("auth failed", "warning", security_event="failed_auth", client="192.0.2.2"),
    line("authentication of a merchant has failed", "warning"),
    line("rate limit exceeded", "warning", security_event="rate_limited", merchant="m1"),
    line("rate limit is not counted", "error", outcome="unchecked_allowed"),
    line("limit of the rate", "warning"),
    line("failed again: no payment", "warning"),
    line("Payment Failed", "critical"),
    line("rate_limit", "debug"),
)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with elasticsearch_node() as node:
        yield node


@pytest.fixture
def collectors() -> Iterator[Collectors]:
    """Make collectors, which are closed at the end."""
    made: list[ElasticsearchCollector] = []

    def make(*urls: str, timeout: float = 30, **settings: Any) -> ElasticsearchCollector:
        made.append(ElasticsearchCollector(configuration.Elasticsearch(urls=urls, **settings), timeout))
        return made[-1]

    yield make
    for collector in made:
        collector.close()


@dataclass
class Index:
    """An index of the real node, and a collector for it."""

    node: Node
    name: str
    collector: ElasticsearchCollector

    def write(self, *lines: str, age: timedelta = NOW) -> float:
        """Index lines as Fluentd does, which adds what the container runtime said. Returns their Unix time."""
        time = datetime.now(UTC) - age
        added = {"stream": "stdout", "logtag": "F", "@timestamp": time.isoformat()}
        documents = [{**json.loads(text), **added} for text in lines]
        operations = [entry for document in documents for entry in ({"create": {"_index": self.name}}, document)]
        answer = self.node.client.bulk(operations=operations, refresh=True)
        assert not answer["errors"], answer
        return time.timestamp()

    def counts(self) -> dict[str, float]:
        return logs(self.collector)


@pytest.fixture
def new_index(node: Node, collectors: Collectors) -> Iterator[Callable[..., Index]]:
    """Create indices of one's own, without replicas unless told; they are deleted at the end."""
    names: list[str] = []

    def create(mappings: Mapping[str, Any] = DYNAMIC, active: str = "1", **settings: Any) -> Index:
        name = f"logs-payment-service-test{next(_numbers)}"
        names.append(name)
        node.client.indices.create(
            index=name,
            mappings=mappings,
            settings={"number_of_replicas": 0, **settings},
            wait_for_active_shards=active,
        )
        return Index(node, name, collectors(node.url, index=name))

    yield create
    for name in names:
        node.client.indices.delete(index=name)


def published(collector: ElasticsearchCollector) -> dict[str, dict[str, float]]:
    """Values by name and label value."""
    return {
        family.name: {"".join(sample.labels.values()): sample.value for sample in family.samples}
        for family in collector.collect()
    }


def logs(collector: ElasticsearchCollector) -> dict[str, float]:
    return published(collector)[metrics.LOG_LINES.name]


def newest(collector: ElasticsearchCollector) -> float:
    return published(collector)[metrics.NEWEST_LOG.name][""]


def grep(pattern: str, lines: Iterable[str]) -> float:
    found = subprocess.run(
        ["grep", "-c", pattern], input="\n".join(lines), capture_output=True, text=True, timeout=10, check=False
    )
    return float(found.stdout)


@pytest.mark.parametrize("mappings", [DYNAMIC, KEYWORDS, NANOSECONDS], ids=["dynamic", "keywords", "nanoseconds"])
def test_lines_are_counted_as_the_runbooks_grep_finds_them(
    new_index: Callable[..., Index], mappings: Mapping[str, Any]
) -> None:
    index = new_index(mappings)
    index.write(*LINES)
    counts = index.counts()
    assert counts == {pattern: grep(expression, LINES) for pattern, expression in RUNBOOK.items()}
    assert min(counts.values()) > 0


def test_the_lines_of_a_data_stream_are_counted(node: Node, collectors: Collectors) -> None:
    stream = f"logs-payment-service-stream{next(_numbers)}"
    node.client.indices.put_index_template(
        name=stream, index_patterns=[stream], data_stream={}, template={"settings": {"number_of_replicas": 0}}
    )
    index = Index(node, stream, collectors(node.url, index=stream))
    index.write(*LINES)
    assert index.counts() == {pattern: grep(expression, LINES) for pattern, expression in RUNBOOK.items()}


def test_in_analysed_text_each_part_of_a_pattern_is_a_whole_word_in_any_order(
    new_index: Callable[..., Index],
) -> None:
    index = new_index(WORDS)
    index.write(line("payment p1 has failed"), line("No payment: FAILED"), line("failed: payment"))
    index.write(line("auth has failed"), line("authentication failed"), line("rate limit"), line("limit of the rate"))
    assert index.counts() == {"error": 0, "payment_failed": 3, "rate_limit": 1, "auth_failed": 1}


def test_an_event_longer_than_the_keyword_holds_is_found_by_its_words(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(line(f"payment {'x' * 300} failed"), line("x" * 300))
    assert index.counts() == {**NO_LINES, "payment_failed": 1}


def test_lines_before_the_window_are_not_counted_and_the_newest_of_them_is_known(
    new_index: Callable[..., Index],
) -> None:
    index = new_index()
    index.write(*LINES, age=timedelta(hours=1))
    last = index.write(*LINES, age=timedelta(seconds=metrics.LOG_WINDOW_SECONDS + 30))
    assert index.counts() == NO_LINES
    assert newest(index.collector) == pytest.approx(last, abs=0.001)


def test_lines_of_the_last_four_minutes_are_counted(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(line("auth failed"), age=timedelta(minutes=4))
    index.write(line("auth failed"))
    assert index.counts() == {**NO_LINES, "auth_failed": 2}


@pytest.mark.parametrize("mappings", [DYNAMIC, NANOSECONDS], ids=["milliseconds", "nanoseconds"])
def test_the_newest_line_is_the_newest_that_is_not_to_come(
    new_index: Callable[..., Index], mappings: Mapping[str, Any]
) -> None:
    index = new_index(mappings)
    last = index.write(line("auth failed"), age=timedelta(minutes=1))
    index.write(line("auth failed"), age=timedelta(hours=-1))
    assert newest(index.collector) == pytest.approx(last, abs=0.001)
    assert index.counts() == {**NO_LINES, "auth_failed": 1}


def test_lines_of_other_indices_are_not_counted(new_index: Callable[..., Index]) -> None:
    index, other = new_index(), new_index()
    index.write(line("auth failed"))
    other.write(*LINES)
    assert index.counts() == {**NO_LINES, "auth_failed": 1}


def test_a_pattern_counts_the_lines_of_every_index_that_it_fits(
    new_index: Callable[..., Index], collectors: Collectors
) -> None:
    first, second = new_index(KEYWORDS), new_index(WORDS)
    for index in (first, second):
        index.write(line("payment failed"))
    both = collectors(first.node.url, index=f"{first.name},{second.name}*")
    assert logs(both) == {**NO_LINES, "payment_failed": 2}


@pytest.mark.parametrize("index", ["not-yet-there", "not-yet-there-*"])
def test_an_index_that_does_not_exist_yet_holds_no_line(node: Node, collectors: Collectors, index: str) -> None:
    values = published(collectors(node.url, index=index))
    assert values[metrics.LOG_LINES.name] == NO_LINES
    assert metrics.NEWEST_LOG.name not in values


def test_an_index_without_lines_holds_no_line(new_index: Callable[..., Index]) -> None:
    index = new_index()
    assert index.counts() == NO_LINES
    assert metrics.NEWEST_LOG.name not in published(index.collector)


def colours(collector: ElasticsearchCollector) -> dict[str, float]:
    return published(collector)[metrics.CLUSTER_STATUS.name]


def test_every_declared_family_is_published(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(*LINES)
    values = published(index.collector)
    assert set(values) == {metric.name for metric in metrics.METRICS}
    assert values[metrics.NODES.name] == {"": 1}
    assert values[metrics.ACTIVE_SHARDS.name][""] >= 1


def test_a_replica_without_a_second_node_makes_the_cluster_yellow(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(*LINES)
    assert colours(index.collector) == {"green": 1, "yellow": 0, "red": 0}
    replicated = new_index(number_of_replicas=1)
    replicated.write(*LINES)
    assert colours(index.collector) == {"green": 0, "yellow": 1, "red": 0}
    assert published(index.collector)[metrics.UNASSIGNED_SHARDS.name] == {"": 1}


def test_without_a_shard_the_cluster_is_red_and_no_count_of_the_others_is_published(
    new_index: Callable[..., Index], collectors: Collectors
) -> None:
    index = new_index()
    index.write(*LINES)
    lost = new_index(active="0", **{"routing.allocation.require._name": "nobody"})
    runner = Runner(collectors(index.node.url, index=f"{index.name},{lost.name}"), timeout=30)
    samples = {
        (sample.name, *sample.labels.values()): sample.value for family in scrape([runner]) for sample in family.samples
    }
    assert samples[metrics.CLUSTER_STATUS.name, "red"] == 1
    assert not [name for name, *_ in samples if name == metrics.LOG_LINES.name]
    assert samples["payment_exporter_collector_success", "elasticsearch"] == 0


def test_a_node_that_comes_back_is_read_again(new_index: Callable[..., Index]) -> None:
    index = new_index()
    index.write(*LINES)
    before = newest(index.collector)
    index.node.stop()
    try:
        with pytest.raises(ElasticsearchError, match=f"^{index.node.url}: Connection refused$"):
            published(index.collector)
    finally:
        index.node.start()
    wait_until("the lines are read again", lambda: readable(index.collector), pause=0.2)
    assert newest(index.collector) == before


def readable(collector: ElasticsearchCollector) -> bool:
    try:
        return bool(published(collector))
    except ElasticsearchError:
        return False


#: Stands in every answer that must not be quoted.
MARK = "Zebra-4417"
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
JSON = {"Content-Type": "application/vnd.elasticsearch+json;compatible-with=8", **PRODUCT}
HTML = {"Content-Type": "text/html"}
HEALTH = {
    "cluster_name": MARK,
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 3,
    "active_shards": 8,
    "unassigned_shards": 0,
    "number_of_pending_tasks": 2,
}
SHARDS = {"total": 4, "successful": 4, "skipped": 1, "failed": 0}
COUNTED = {
    "took": 3,
    "timed_out": False,
    "_shards": SHARDS,
    "hits": {"max_score": None, "hits": []},
    "aggregations": {"lines": {"buckets": [{"doc_count": number} for number in (1, 2, 3, 4)]}},
    "status": 200,
}
NEWEST = {
    "took": 1,
    "timed_out": False,
    "_shards": SHARDS,
    "hits": {"max_score": None, "hits": [{"_index": MARK, "_id": MARK, "_score": None, "sort": [1_700_000_000_250]}]},
    "status": 200,
}
REFUSED = {"error": {"type": "search_phase_execution_exception", "reason": MARK, "root_cause": []}, "status": 503}


@dataclass(frozen=True)
class Answer:
    """What the stub sends."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)


def answer(document: object, status: int = 200, headers: Mapping[str, str] = DYNAMIC) -> Answer:
    return Answer(json.dumps(document).encode(), status, {**JSON, **headers})


def searched(*responses: object) -> Answer:
    return answer({"took": 4, "responses": responses})


@dataclass
class Stub:
    """Answers as it is told, and notes what it was sent."""

    url: str = ""
    health: Answer | None = field(default_factory=lambda: answer(HEALTH))
    search: Answer | None = field(default_factory=lambda: searched(COUNTED, NEWEST))
    requests: list[Message] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def authorizations(self) -> set[str | None]:
        return {headers.get("Authorization") for headers in self.requests}


@contextmanager
def stub_server(context: ssl.SSLContext | None = None) -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._reply(stub.health)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(stub.search)

        def _reply(self, told: Answer | None) -> None:
            stub.requests.append(self.headers)
            if told is None:
                stub.ended.wait(30)
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *arguments: object) -> None:
            """Say nothing of clients that go away."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        stub.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield stub
        finally:
            stub.ended.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


def failure(collector: ElasticsearchCollector) -> str:
    """The one line of the error, in whose traceback nothing of the answer stands either."""
    with pytest.raises(ForeseenError) as caught:
        published(collector)
    message = str(caught.value)
    assert MARK not in "".join(traceback.format_exception(caught.value))
    assert len(message) < 200
    assert "\n" not in message
    return message


def test_figures_of_an_answer_are_published(stub: Stub, collectors: Collectors) -> None:
    assert published(collectors(stub.url)) == {
        "elasticsearch_cluster_health_status": {"green": 1, "yellow": 0, "red": 0},
        "elasticsearch_cluster_health_number_of_nodes": {"": 3},
        "elasticsearch_cluster_health_active_shards": {"": 8},
        "elasticsearch_cluster_health_unassigned_shards": {"": 0},
        "elasticsearch_cluster_health_number_of_pending_tasks": {"": 2},
        "elasticsearch_log_lines": {"error": 1, "payment_failed": 2, "rate_limit": 3, "auth_failed": 4},
        "elasticsearch_newest_log_timestamp_seconds": {"": 1_700_000_000.25},
    }


REFUSALS = {
    "error": (answer(REFUSED, 500), "HTTP 500 (search_phase_execution_exception)"),
    "error of no known form": (answer({"error": {"type": MARK, "reason": MARK}}, 500), "HTTP 500"),
    "error page": (Answer(f"<html>{MARK}</html>".encode(), 500, HTML), "HTTP 500"),
    "page": (Answer(f"<html>{MARK}</html>".encode(), 200, HTML), "does not name itself Elasticsearch"),
    "other product": (
        answer(HEALTH, headers={"X-Elastic-Product": MARK}),
        "does not name itself Elasticsearch",
    ),
    "other type": (Answer(MARK.encode(), 200, {"Content-Type": "image/png", **PRODUCT}), "cannot be decoded"),
    "elsewhere": (answer({}, 302, {"Location": f"http://127.0.0.1:1/{MARK}"}), "HTTP 302"),
    "half": (Answer(f'{{"status": "green", "cluster_name": "{MARK}'.encode()), "cannot be decoded"),
    "bytes": (Answer(b"\xff\xfe" + MARK.encode()), "cannot be decoded"),
    "too many digits": (Answer(b"1" * 10_000), "cannot be decoded"),
    "not as compressed as it says": (answer(HEALTH, headers={"Content-Encoding": "gzip"}), "DecodeError"),
    "cut off": (answer(HEALTH, headers={"Content-Length": "100000", "Connection": "close"}), "IncompleteRead"),
    "nothing": (Answer(b""), "not as documented"),
    "null": (Answer(b"null"), "not as documented"),
    "list": (answer([HEALTH]), "not as documented"),
    "no figures": (answer({}), "not as documented: status: Field required"),
    "unknown colour": (answer({**HEALTH, "status": MARK}), "not as documented: status"),
    "text for a number": (answer({**HEALTH, "active_shards": "8"}), "not as documented: active_shards"),
    "truth for a number": (answer({**HEALTH, "active_shards": True}), "not as documented: active_shards"),
    "less than nothing": (answer({**HEALTH, "active_shards": -1}), "not as documented: active_shards"),
    "not a number": (answer({**HEALTH, "active_shards": float("nan")}), "not as documented: active_shards"),
}


@pytest.mark.parametrize(("sent", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_an_answer_that_is_no_health_is_refused(stub: Stub, collectors: Collectors, sent: Answer, reason: str) -> None:
    stub.health = sent
    assert reason in failure(collectors(stub.url))


UNSOUND = {
    "refused": ((REFUSED, NEWEST), "refused: HTTP 503 (search_phase_execution_exception)"),
    "second refused": ((COUNTED, REFUSED), "refused: HTTP 503 (search_phase_execution_exception)"),
    "out of time": (({**COUNTED, "timed_out": True}, NEWEST), "did not end in time"),
    "second out of time": ((COUNTED, {**NEWEST, "timed_out": True}), "did not end in time"),
    "failed shards": (({**COUNTED, "_shards": {**SHARDS, "successful": 3, "failed": 1}}, NEWEST), "only 3 of 4 shards"),
    "missing shards": (({**COUNTED, "_shards": {**SHARDS, "successful": 3}}, NEWEST), "only 3 of 4 shards"),
    "second failed": ((COUNTED, {**NEWEST, "_shards": {**SHARDS, "successful": 3}}), "only 3 of 4 shards"),
    "no counts": ((NEWEST, NEWEST), "without its counts"),
    "too few counts": (({**COUNTED, "aggregations": {"lines": {"buckets": [{"doc_count": 1}]}}}, NEWEST), "its counts"),
    "one search": ((COUNTED,), "not as documented"),
    "three searches": ((COUNTED, NEWEST, NEWEST), "not as documented"),
    "text": ((MARK, NEWEST), "not as documented"),
    "time as text": ((COUNTED, {**NEWEST, "hits": {"hits": [{"sort": [MARK]}]}}), "not as documented"),
    "two lines": ((COUNTED, {**NEWEST, "hits": {"hits": NEWEST["hits"]["hits"] * 2}}), "not as documented"),  # type: ignore[index]
    "no lines": ((COUNTED, {**NEWEST, "hits": {MARK: MARK}}), "not as documented"),
}


@pytest.mark.parametrize(("responses", "reason"), UNSOUND.values(), ids=UNSOUND)
def test_a_search_that_is_not_whole_is_not_published(
    stub: Stub, collectors: Collectors, responses: tuple[object, ...], reason: str
) -> None:
    stub.search = searched(*responses)
    assert reason in failure(collectors(stub.url))


def test_health_is_published_also_where_the_search_fails(stub: Stub, collectors: Collectors) -> None:
    stub.search = answer(REFUSED, 503)
    families = collectors(stub.url).collect()
    assert next(iter(families)).name == metrics.CLUSTER_STATUS.name
    with pytest.raises(ElasticsearchError):
        list(families)


def test_an_answer_nested_without_end_is_refused(stub: Stub, collectors: Collectors) -> None:
    stub.health = Answer(b"[" * 500_000)
    with pytest.raises((ElasticsearchError, RecursionError)):
        published(collectors(stub.url))


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_too_long_is_not_read_to_its_end(stub: Stub, collectors: Collectors, packed: bool) -> None:
    body = b" " * (LARGEST_ANSWER + 1)
    stub.health = Answer(gzip.compress(body), headers={**JSON, "Content-Encoding": "gzip"}) if packed else Answer(body)
    assert "too long" in failure(collectors(stub.url))


@pytest.mark.parametrize("part", ["health", "search"])
def test_a_server_that_hangs_is_given_up(stub: Stub, collectors: Collectors, part: str) -> None:
    setattr(stub, part, None)
    assert failure(collectors(stub.url, timeout=0.3)).startswith(f"{stub.url}: no answer within 0.")


def test_an_answer_that_trickles_is_given_up(collectors: Collectors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()
        thread = threading.Thread(target=trickle, args=(server, ended))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            assert failure(collectors(url, timeout=0.5)) == f"{url}: the answer did not end in time"
        finally:
            ended.set()
            thread.join()


def trickle(server: socket.socket, ended: threading.Event) -> None:
    server.settimeout(30)
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(500):
            connection.sendall(b" ")
            if ended.wait(0.02):
                return


def test_a_node_that_refuses_is_not_asked_twice(stub: Stub, collectors: Collectors) -> None:
    stub.health = answer(REFUSED, 503)
    failure(collectors(stub.url))
    assert len(stub.requests) == 1


def test_where_a_node_is_not_reached_the_next_one_is_asked(stub: Stub, collectors: Collectors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    collector = collectors(url, stub.url, url)
    for _ in range(3):
        assert logs(collector)["error"] == 1


def test_account_and_password_are_sent_as_the_file_has_them_now(
    stub: Stub, collectors: Collectors, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    collector = collectors(stub.url, username="exporter", password_file=str(file))
    for password in ("first:Secret", "zweites Geheimnis ü"):
        file.write_text(f"{password}\n", encoding="utf-8")
        stub.requests.clear()
        published(collector)
        assert stub.authorizations() == {"Basic " + b64encode(f"exporter:{password}".encode()).decode()}


def test_the_api_key_is_sent_as_the_file_has_it_now(stub: Stub, collectors: Collectors, tmp_path: Path) -> None:
    file = tmp_path / "key"
    collector = collectors(stub.url, api_key_file=str(file))
    for key in ("VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==", "b3RoZXI6a2V5"):
        file.write_text(f"{key}\n", encoding="utf-8")
        stub.requests.clear()
        published(collector)
        assert stub.authorizations() == {f"ApiKey {key}"}


def test_without_an_account_none_is_sent(stub: Stub, collectors: Collectors) -> None:
    published(collectors(stub.url))
    assert stub.authorizations() == {None}


def test_a_secret_that_is_refused_stands_in_no_error_and_no_log(
    stub: Stub, collectors: Collectors, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.health = answer({"error": {"type": "security_exception", "reason": MARK}, "status": 401}, 401)
    file = tmp_path / "password"
    file.write_text(MARK, encoding="utf-8")
    collector = collectors(stub.url, username="exporter", password_file=str(file))
    assert failure(collector) == f"{stub.url}: HTTP 401 (security_exception)"
    assert caplog.records
    for secret in (MARK, b64encode(f"exporter:{MARK}".encode()).decode()):
        assert secret not in caplog.text


@pytest.mark.parametrize("content", [b"", b"\n", MARK.encode() + b"\r\nX-Header: 1", MARK.encode() + b"\x00", b"\xff"])
@pytest.mark.parametrize("kind", ["password", "api_key"])
def test_what_is_no_secret_is_not_sent(
    stub: Stub, collectors: Collectors, tmp_path: Path, content: bytes, kind: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    settings = {"username": "exporter"} if kind == "password" else {}
    collector = collectors(stub.url, **settings, **{f"{kind}_file": str(file)})
    assert failure(collector).startswith(f"{file}: expected ")
    assert not stub.requests


def test_a_missing_secret_is_said_until_it_is_there(stub: Stub, collectors: Collectors, tmp_path: Path) -> None:
    file = tmp_path / "key"
    collector = collectors(stub.url, api_key_file=str(file))
    with pytest.raises(FileNotFoundError, match=str(file)):
        published(collector)
    file.write_text("a2V5", encoding="utf-8")
    assert published(collector)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("the cluster's")


@pytest.fixture
def encrypted(authority: Authority, tmp_path: Path) -> Iterator[Stub]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(LOOPBACK).write(tmp_path, "node"))
    with stub_server(context) as stub:
        yield stub


def test_the_authorities_of_ca_file_are_trusted(
    encrypted: Stub, authority: Authority, collectors: Collectors, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(authority.certificate)
    assert logs(collectors(encrypted.url, ca_file=str(file)))["error"] == 1


@pytest.mark.parametrize("given", [False, True], ids=["the system's", "another's"])
def test_a_node_whose_authority_is_unknown_is_sent_nothing(
    encrypted: Stub, collectors: Collectors, tmp_path: Path, given: bool
) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(Authority("another").certificate)
    collector = collectors(encrypted.url, ca_file=str(file) if given else None)
    assert "CERTIFICATE_VERIFY_FAILED" in failure(collector)
    assert not encrypted.requests


@pytest.mark.parametrize("content", [None, MARK.encode()], ids=["missing", "no certificate"])
def test_a_ca_file_that_holds_no_certificate_is_named(
    stub: Stub, collectors: Collectors, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.crt"
    if content:
        file.write_bytes(content)
    assert failure(collectors(stub.url, ca_file=str(file))).startswith(f"{file}: ")


def test_what_the_server_warns_of_is_logged_once(
    stub: Stub, collectors: Collectors, caplog: pytest.LogCaptureFixture
) -> None:
    warning = '299 Elasticsearch-8.19.21 "built-in security features are not enabled"'
    stub.health = answer(HEALTH, headers={"Warning": warning})
    collector = collectors(stub.url)
    for _ in range(3):
        published(collector)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("payment_exporter")]
    assert said == [f"server warns collector=elasticsearch text={warning}"]
